/**
 * One HTTP call to one server: the only place that touches the network, and where it is decided whether a failure may pass by
 * itself. The openai SDK is the transport, with its retries off: `retry.ts` is the one place that retries.
 *
 * What leaves the process is the body, three headers and, if one was given, the API key. The key is in no error, no
 * description and no log; a server that repeats it in an error message has it cut out.
 */
import OpenAI, { APIConnectionError, APIError } from "openai";
import { ConfigError, openFilesFault, ProviderError } from "../core/mod.ts";
import { boundedFetch, type Fetch, ReplyTooLargeError } from "./_bounded_fetch.ts";
import { type Clock, systemClock } from "./clock.ts";
import { noReplyInTime, withDeadline } from "./_deadline.ts";
import type { CallOptions } from "./policy.ts";

/** Options of {@linkcode openTransport}. */
export interface TransportOptions {
  /** Sent as a bearer token; `null` sends no `authorization` header. */
  readonly apiKey?: string | null;
  /** Milliseconds for one whole reply, body included. @default {180000} */
  readonly deadlineMs?: number;
  /** Bytes of the largest accepted reply. @default {67108864} */
  readonly maxReplyBytes?: number;
  /** The real `fetch`, or a double. */
  readonly fetch?: Fetch;
  /** What deadlines go by. @default the machine's clock */
  readonly clock?: Clock;
}

/** Calls one server. */
export interface Transport {
  /** Base address, `/v1` included, without a trailing slash. */
  readonly url: string;
  /**
   * Calls once.
   *
   * @param path From the base address: `/completions`; `../pooling` for a route that lies beside `/v1`.
   * @param body JSON body of a POST; `null` makes it a GET.
   * @returns The JSON of the reply, not yet checked; the text of a GET that is answered with plain text (`../metrics`).
   * @throws {ProviderError} If no reply came, or one that is an error.
   * @throws The signal's reason, when the caller gave up.
   */
  request(
    path: string,
    body: Readonly<Record<string, unknown>> | null,
    options?: CallOptions,
  ): Promise<unknown>;
}

/**
 * A transport to one server.
 *
 * @param address `http://host:port`, with or without `/v1`.
 * @throws {ConfigError} If the address is not a plain HTTP address.
 */
export function openTransport(address: string, options: TransportOptions = {}): Transport {
  const {
    apiKey = null,
    deadlineMs = 180_000,
    maxReplyBytes = 64 * 1024 * 1024,
    fetch = globalThis.fetch,
    clock = systemClock,
  } = options;
  const url = baseAddress(address);
  const client = new OpenAI({
    baseURL: url,
    // The SDK insists on a key; `boundedFetch` sends the header only when there is one.
    apiKey: apiKey ?? "none",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    // The deadline is ours, by our clock.
    timeout: 2 ** 31 - 1,
    logLevel: "off",
    fetch: boundedFetch({ fetch, maxReplyBytes, sendKey: apiKey !== null }),
  });
  const failure = failureReader(apiKey);
  return {
    url,
    async request(path, body, { signal } = {}) {
      signal?.throwIfAborted();
      const target = new URL(`${url}/${path.replace(/^\/+/, "")}`).href;
      const call = async (inner: AbortSignal) => {
        try {
          return body === null
            ? await client.get<unknown>(target, { signal: inner })
            : await client.post<unknown>(target, { signal: inner, body });
        } catch (error) {
          throw failure(target, error);
        }
      };
      const late = () => noReplyInTime(target, deadlineMs);
      const reply = await withDeadline(call, { clock, deadlineMs, signal, late });
      // The SDK hands over as text what the server did not declare as JSON: the error page of a proxy, mostly.
      if (typeof reply !== "string" || isPlainText(reply, body)) return reply;
      throw noReply(target, `expected JSON, got "${excerpt(reply)}"`, { kind: "no JSON" });
    },
  };
}

/** Metrics are text that is asked for; a page is not. */
function isPlainText(reply: string, body: unknown): boolean {
  return body === null && reply.startsWith("#");
}

/** An address as the user gives it, with `/v1` at its end. */
function baseAddress(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new ConfigError(
      `Cannot use endpoint address "${address}": expected http://HOST:PORT or https://HOST; ` +
        `check the spelling`,
    );
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new ConfigError(
      `Cannot use endpoint address "${url.origin}${url.pathname}": expected no user name, password, query or ` +
        `fragment in it; give the key through the environment`,
    );
  }
  return `${(url.origin + url.pathname).replace(/\/+$/, "").replace(/\/v1$/, "")}/v1`;
}

/** Turns what the SDK threw into a {@linkcode ProviderError}. */
function failureReader(apiKey: string | null): (url: string, error: unknown) => unknown {
  return (url, error) => {
    if (error instanceof APIConnectionError) {
      const cause = rootCause(error);
      if (cause instanceof ReplyTooLargeError) {
        return noReply(url, cause.message, { kind: "reply too long" });
      }
      const problem = connectionProblem(cause);
      const kind = problem === "connection refused" ? problem : "connection lost";
      return noReply(url, problem, { kind, cause: error });
    }
    if (error instanceof SyntaxError) {
      return noReply(url, `expected JSON, got ${excerpt(error.message)}`, { kind: "no JSON" });
    }
    if (!(error instanceof APIError)) return error;
    const said = error.message.replace(/^\d{3} /, "");
    const status = error.status ?? null;
    const retryAfterMs = retryAfter(error.headers);
    return new ProviderError(
      `Cannot get a reply from ${url}: status ${status ?? "unknown"} "${
        excerpt(apiKey ? said.replaceAll(apiKey, "[API key]") : said)
      }"`,
      {
        status,
        isRetryable: status === null || status >= 500 || RETRYABLE_STATUSES.has(status),
        ...(retryAfterMs === null ? {} : { retryAfterMs }),
      },
    );
  };
}

/** Nothing came that could be read as a reply. */
function noReply(
  url: string,
  problem: string,
  options: ErrorOptions & { readonly kind: string },
): ProviderError {
  const { kind, cause } = options;
  return new ProviderError(`Cannot get a reply from ${url}: ${problem}`, {
    status: null,
    isRetryable: true,
    kind,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Besides every 5xx: request timeout, conflict with a starting server, too early, too many requests. */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429]);

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

/** The last clause of the runtime's message, e.g. `connection refused`. */
function connectionProblem(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const fault = openFilesFault(message);
  if (fault !== null) return fault;
  const clause = message.split(": ").at(-1) ?? message;
  return excerpt(clause.replace(/ \(os error \d+\)$/, "").toLowerCase());
}

/** Server text for a message: one line, without control characters, short. */
function excerpt(text: string): string {
  // deno-lint-ignore no-control-regex -- what a terminal might obey is what must go
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return line.length <= 200 ? line : `${line.slice(0, 200)}…`;
}
