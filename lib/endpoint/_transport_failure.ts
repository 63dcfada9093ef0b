/** Failures of one HTTP call: which may pass by themselves, and what is said of each, without its secrets. */
import { APIConnectionError, APIError } from "openai";
import { z } from "zod";
import { ProviderError, type RequestPlace } from "../core/mod.ts";
import { ReplyTooLargeError } from "./_bounded_fetch.ts";
import { connectionFault, excerpt, mayPass } from "./_fault.ts";

/** Secrets of a transport's requests, and the proxy that they go through. */
export interface Asked {
  readonly apiKey: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly proxy: string | null;
}

/** Turns what the SDK threw into a {@linkcode ProviderError}. */
export function failureReader(
  { apiKey, headers, proxy }: Asked,
): (url: string, error: unknown) => unknown {
  const secrets = [
    ...(apiKey ? [[apiKey, "[API key]"] as const] : []),
    ...Object.entries(headers).flatMap(([name, value]) =>
      value.length < SHORTEST_SECRET ? [] : [[value, `[${name}]`] as const]
    ),
  ];
  const said = (text: string) =>
    excerpt(secrets.reduce((left, [secret, name]) => left.replaceAll(secret, name), text));
  return (url, error) => {
    const place: RequestPlace = { url, hasKey: apiKey !== null, proxy };
    if (error instanceof APIConnectionError) {
      const cause = rootCause(error);
      if (cause instanceof ReplyTooLargeError) {
        return noReply(place, { problem: cause.message, kind: "reply too long" });
      }
      const fault = connectionFault(cause instanceof Error ? cause.message : String(cause));
      return noReply(place, { ...fault, problem: said(fault.problem), cause: error });
    }
    if (error instanceof SyntaxError) {
      const problem = `expected JSON, got ${said(error.message)}`;
      return noReply(place, { problem, kind: "no JSON" });
    }
    if (error instanceof NoJson) {
      return noReply(place, {
        problem: `expected JSON, got "${said(error.text)}"`,
        kind: "no JSON",
      });
    }
    if (error instanceof SaidFailure) {
      return new ProviderError(
        `Cannot get a reply from ${url}: it answered with status 200 and says "${
          said(error.words)
        }"`,
        { status: error.status, place, isRetryable: mayPass(error.status) },
      );
    }
    if (!(error instanceof APIError)) return error;
    const status = error.status ?? null;
    const retryAfterMs = retryAfter(error.headers);
    // The SDK quotes what is a text in JSON.
    const words = error.message.replace(/^\d{3} /, "").replace(/^"(.*)"$/, "$1");
    const target = error.headers?.get("location") ?? null;
    const led = status !== null && status < 400 && target !== null ? ` to ${said(target)}` : "";
    return new ProviderError(
      `Cannot get a reply from ${url}: status ${status ?? "unknown"}${led} "${said(words)}"`,
      {
        status,
        place,
        isRetryable: mayPass(status),
        ...(retryAfterMs === null ? {} : { retryAfterMs }),
      },
    );
  };
}

/** Characters from which on a header's value is cut out of messages: shorter ones, such as "1", are no secrets and stand everywhere. */
const SHORTEST_SECRET = 6;

/** The SDK handed over as text what the server did not declare as JSON: the error page of a proxy, mostly. */
export class NoJson extends Error {
  constructor(readonly text: string) {
    super("no JSON");
  }
}

/** A failure that came with status 200: so do gateways answer whose own server failed. */
class SaidFailure extends Error {
  constructor(readonly words: string, readonly status: number | null) {
    super("failure with status 200");
  }
}

const Failure = z.object({
  error: z.union([
    z.string(),
    z.looseObject({ message: z.string(), code: z.unknown().optional() }),
  ]),
  choices: z.undefined().optional(),
  data: z.undefined().optional(),
});

/** The failure that a reply with status 200 says; `null` where it says none. */
export function saidFailure(reply: unknown): SaidFailure | null {
  const error = Failure.safeParse(reply).data?.error;
  if (error === undefined) return null;
  if (typeof error === "string") return new SaidFailure(error, null);
  const status = z.int().min(400).max(599).safeParse(error.code).data ?? null;
  return new SaidFailure(error.message, status);
}

/** Nothing came that could be read as a reply. */
function noReply(
  place: RequestPlace,
  { problem, isRetryable = true, ...options }: ErrorOptions & {
    readonly problem: string;
    readonly kind: string;
    readonly isRetryable?: boolean;
  },
): ProviderError {
  return new ProviderError(`Cannot get a reply from ${place.url}: ${problem}`, {
    ...options,
    status: null,
    place,
    isRetryable,
  });
}

/** Milliseconds that `retry-after-ms` or `retry-after` (seconds, or a date) asks for; `null` without a readable one. */
function retryAfter(headers: Headers | undefined): number | null {
  const milliseconds = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (milliseconds >= 0) return milliseconds;
  const value = headers?.get("retry-after") ?? "";
  const seconds = Number(value);
  if (value.trim() !== "" && seconds >= 0) return seconds * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}

function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause;
}
