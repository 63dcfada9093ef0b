/** The part of `fetch` that the SDK uses. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** A reply is larger than allowed; its rest was not read. */
export class ReplyTooLargeError extends Error {
  override readonly name = "ReplyTooLargeError";

  constructor(maxBytes: number) {
    super(`the reply is longer than ${maxBytes} bytes`);
  }
}

/** Options of {@linkcode boundedFetch}. */
export interface BoundedFetchOptions {
  readonly fetch: Fetch;
  readonly maxReplyBytes: number;
  /** Whether the SDK's `authorization` header is passed on. */
  readonly sendKey: boolean;
}

/**
 * A `fetch` that reads the whole body under the SDK's deadline, up to a limit, and sends no header but its own three:
 * the SDK adds headers that describe this machine, and those of an environment variable.
 * Redirects are not followed; they come back as their status.
 */
export function boundedFetch({ fetch, maxReplyBytes, sendKey }: BoundedFetchOptions): Fetch {
  return async (input, init = {}) => {
    const given = new Headers(init.headers);
    const headers = new Headers({ accept: "application/json" });
    for (const name of sendKey ? ["content-type", "authorization"] : ["content-type"]) {
      const value = given.get(name);
      if (value !== null) headers.set(name, value);
    }
    const response = await fetch(input, { ...init, headers, redirect: "manual" });
    const body = await readBounded(response, maxReplyBytes);
    const { status, statusText } = response;
    const empty = [204, 205, 304].includes(status);
    return new Response(empty ? null : body, { status, statusText, headers: response.headers });
  };
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
