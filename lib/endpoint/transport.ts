/**
 * One HTTP call to one server: the only place that touches the network, and where it is decided whether a failure may pass by
 * itself. The openai SDK is the transport, with its retries off: `retry.ts` is the one place that retries.
 *
 * What leaves the process is the body, three headers, a hash of the session, those that the user named and, if one was given, the API key. The key and the values
 * of the user's headers are in no error, no description and no log; a server that repeats one in an error message has it cut out.
 */
import OpenAI from "openai";
import { ConfigError, ProviderError, sha256 } from "../core/mod.ts";
import { boundedFetch, type Fetch, SESSION_HEADER } from "./_bounded_fetch.ts";
import { type Clock, systemClock } from "./clock.ts";
import { noReplyInTime, withDeadline } from "./_deadline.ts";
import type { CallOptions } from "./policy.ts";
import { readWorkDone } from "./server_load.ts";
import { StallWatch } from "./_stall_watch.ts";
import { failureReader, NoJson, saidFailure } from "./_transport_failure.ts";

/** Options of {@linkcode openTransport}. */
export interface TransportOptions {
  /** Sent as a bearer token; `null` sends no `authorization` header. */
  readonly apiKey?: string | null;
  /** Headers besides its own, by name. Their values are in no error either. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields added to every request that draws or scores; they replace fields of the same name. @default none */
  readonly extraBody?: RequestBody;
  /** Milliseconds for one whole reply, body included. @default {180000} */
  readonly deadlineMs?: number;
  /**
   * Whether that time counts only while the server's own count of its work (`/metrics`) stands still, as the embedded engine has one: a
   * reply may then take any time.
   *
   * @default false
   */
  readonly watchesProgress?: boolean;
  /** Proxy that requests go through, without its password, for messages; `null` for none. @default {null} */
  readonly proxy?: string | null;
  /** Bytes of the largest accepted reply. @default {67108864} */
  readonly maxReplyBytes?: number;
  /** The real `fetch`, or a double. */
  readonly fetch?: Fetch;
  /** Clock that deadlines go by. @default the machine's clock */
  readonly clock?: Clock;
}

/** Fields of a request. */
export type RequestBody = Readonly<Record<string, unknown>>;

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
    body: RequestBody | null,
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
    headers = {},
    extraBody = {},
    deadlineMs = 180_000,
    watchesProgress = false,
    proxy = null,
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
    fetch: boundedFetch({ fetch, maxReplyBytes, sendKey: apiKey !== null, headers }),
  });
  const failure = failureReader({ apiKey, headers, proxy });
  const send = async (
    target: string,
    body: RequestBody | null,
    signal: AbortSignal,
    session?: string,
  ) => {
    const options = { signal, ...(session === undefined ? {} : sessionHeader(session)) };
    try {
      return body === null
        ? await client.get<unknown>(target, options)
        : await client.post<unknown>(target, { ...options, body });
    } catch (error) {
      throw failure(target, error);
    }
  };
  const placeOf = (path: string) => new URL(`${url}/${path.replace(/^\/+/, "")}`).href;
  const watch = watchesProgress
    ? new StallWatch({
      clock,
      stallMs: deadlineMs,
      stalled: () => stalled(url, deadlineMs),
      progress: (signal) =>
        workDone((inner) => send(placeOf(METRICS), null, inner), { clock, signal }),
    })
    : null;
  return {
    url,
    async request(path, body, { signal, session } = {}) {
      signal?.throwIfAborted();
      const target = placeOf(path);
      const sent = body !== null && GENERATES.test(path) ? { ...body, ...extraBody } : body;
      const call = (inner: AbortSignal) => send(target, sent, inner, session);
      const late = () => noReplyInTime(target, deadlineMs);
      const reply = watch === null
        ? await withDeadline(call, { clock, deadlineMs, signal, late })
        : await watch.run(call, signal);
      const said = saidFailure(reply);
      if (said !== null) throw failure(target, said);
      if (typeof reply !== "string" || isPlainText(reply, body)) return reply;
      throw failure(target, new NoJson(reply));
    },
  };
}

/** Header by which routers in front of several servers keep a session at one of them; hashed, because a session names a problem. */
function sessionHeader(session: string) {
  return { headers: { [SESSION_HEADER]: sha256(session).slice(0, 16) } };
}

/** Routes that draw or score; `/tokenize` and its like take no fields of models. */
const GENERATES = /\/(?:completions|pooling|classify|score)$/;

/** Route of a server's metrics, which lies beside `/v1`. */
const METRICS = "../metrics";

/** Milliseconds that a look at a server's metrics may take. */
const LOOK_MS = 10_000;

/** Amount of work that a server says it has done; `null` where it does not say, or does not answer. */
async function workDone(
  ask: (signal: AbortSignal) => Promise<unknown>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<number | null> {
  try {
    const late = () => noReplyInTime(METRICS, LOOK_MS);
    const text = await withDeadline(ask, { clock, deadlineMs: LOOK_MS, signal, late });
    return typeof text === "string" ? readWorkDone(text) : null;
  } catch (error) {
    if (error instanceof ProviderError || signal.aborted) return null;
    throw error;
  }
}

function stalled(url: string, ms: number): ProviderError {
  return new ProviderError(
    `Cannot get a reply from ${url}: its work has stood still for ${ms / 1000} s`,
    { status: null, isRetryable: false, kind: "stalled" },
  );
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
