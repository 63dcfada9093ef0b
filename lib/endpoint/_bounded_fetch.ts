import { jsonOfStream } from "./_event_stream.ts";

/** The part of `fetch` that the SDK uses. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** A reply is larger than allowed; its rest was not read. */
export class ReplyTooLargeError extends Error {
  override readonly name = "ReplyTooLargeError";

  constructor(maxBytes: number) {
    super(`the reply is longer than ${maxBytes} bytes`);
  }
}

/** Header that names the session of a request to routers. */
export const SESSION_HEADER = "x-session-id";

/** Options of {@linkcode boundedFetch}. */
export interface BoundedFetchOptions {
  readonly fetch: Fetch;
  readonly maxReplyBytes: number;
  /** Whether the SDK's `authorization` header is passed on. */
  readonly sendKey: boolean;
  /** Headers that the user wants sent, by name. @default none */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A `fetch` that reads the whole body under the SDK's deadline, up to a limit, and sends no header but its own, a session and the user's:
 * the SDK adds headers that describe this machine, and those of an environment variable.
 * Redirects are not followed; they come back as their status.
 */
export function boundedFetch(
  { fetch, maxReplyBytes, sendKey, headers: wanted = {} }: BoundedFetchOptions,
): Fetch {
  return async (input, init = {}) => {
    const given = new Headers(init.headers);
    const headers = new Headers({ ...wanted, accept: "application/json" });
    const names = ["content-type", SESSION_HEADER, ...(sendKey ? ["authorization"] : [])];
    for (const name of names) {
      const value = given.get(name);
      if (value !== null) headers.set(name, value);
    }
    const response = await fetch(input, { ...init, headers, redirect: "manual" });
    const body = await readBounded(response, maxReplyBytes);
    const { status, statusText } = response;
    const empty = [204, 205, 304].includes(status);
    const json = empty ? null : jsonOf(body, status);
    const replyHeaders = new Headers(response.headers);
    if (json !== null) replyHeaders.set("content-type", "application/json");
    const content = empty ? null : json ?? body;
    return new Response(content, { status, statusText, headers: replyHeaders });
  };
}

/** The JSON that a body is, whatever it is declared to be and in whatever form it comes; `null` where it is none. */
function jsonOf(body: Uint8Array<ArrayBuffer>, status: number): BodyInit | null {
  const start = new TextDecoder().decode(body.subarray(0, 64)).trimStart();
  if (status >= 400) return errorOf(new TextDecoder().decode(body));
  if (/^[{[]/.test(start)) return body;
  return /^(:|data:|event:|id:)/.test(start) ? jsonOfStream(new TextDecoder().decode(body)) : null;
}

/** Where servers put what they say of a failure, when not into `error`. */
const WORDS = ["message", "detail", "errors", "error_message", "msg"] as const;

/** A failure in the one form in which its words are read; `null` where it has that form, or none. */
function errorOf(text: string): string | null {
  try {
    const failure: unknown = JSON.parse(text);
    if (typeof failure !== "object" || failure === null || "error" in failure) return null;
    const said = new Map<string, unknown>(Object.entries(failure));
    const words = WORDS.map((name) => said.get(name)).find((one) => one !== undefined) ?? failure;
    const message = typeof words === "string" ? words : JSON.stringify(words);
    return JSON.stringify({ error: { message } });
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

async function readBounded(
  response: Response,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the stream.
    if (length > maxBytes) throw new ReplyTooLargeError(maxBytes);
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}
