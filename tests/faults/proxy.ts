/**
 * A proxy between a client and an endpoint that breaks some of the replies, by a seeded plan: what a week on a cluster brings, in
 * seconds. It speaks HTTP over node's server because that one can cut a connection in the middle.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { pick, type Random, seededRandom } from "../../lib/core/mod.ts";

/** Ways in which a reply can be broken. */
export const FAULTS = [
  /** The connection is closed before a reply. */
  "reset",
  /** The connection is closed in the middle of the reply. */
  "dies_half_way",
  "status_429",
  "status_500",
  "status_503",
  /** Status 200 and a page. */
  "html",
  /** Status 200 and the first half of the JSON. */
  "truncated_json",
  /** Fewer choices (or scores) than asked for. */
  "fewer_choices",
  "no_choices",
  /** Choices, or scores, that are none. */
  "unreadable_choices",
  /** 100 MB of text. */
  "huge",
  /** Nothing, for as long as the client waits. */
  "silence",
] as const;

/** A way in which a reply can be broken. */
export type Fault = typeof FAULTS[number];

/** Options of {@linkcode startFaultyProxy}. */
export interface FaultyProxyOptions {
  /** Base URL behind the proxy, with or without `/v1`; a function is asked for every request. */
  readonly target: string | (() => string);
  /** Faults of the first requests, in order; `null` lets one pass. @default none */
  readonly plan?: readonly (Fault | null)[];
  /** Share of the requests after the plan that are broken. @default 0 */
  readonly rate?: number;
  /** Faults to choose from after the plan. @default all but `huge` and `silence` */
  readonly faults?: readonly Fault[];
  readonly seed?: number;
  /** Told of every fault before it happens. */
  readonly onFault?: (fault: Fault) => void;
  /** Told of every request when it comes. */
  readonly onRequest?: () => void;
}

/** A running proxy. */
export interface FaultyProxy extends AsyncDisposable {
  /** Base URL with `/v1`. */
  readonly url: string;
  /** Faults so far. */
  readonly injected: readonly Fault[];
  /** Stops listening, as a server that is down; what is open is cut. */
  readonly goDown: () => Promise<void>;
  /** Listens again, at the same port. */
  readonly comeUp: () => Promise<void>;
}

/** Faults that cost nobody time or memory. */
export const QUICK_FAULTS: readonly Fault[] = FAULTS.filter((fault) =>
  fault !== "huge" && fault !== "silence"
);

/** Starts a proxy on the loopback interface. Requests of models and metrics always pass. */
export async function startFaultyProxy(options: FaultyProxyOptions): Promise<FaultyProxy> {
  const injected: Fault[] = [];
  const random = seededRandom(options.seed ?? 1);
  const server = createServer((request, response) => {
    answer(request, response, { options, injected, random }).catch(() => response.destroy());
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    injected,
    goDown: () => close(server),
    comeUp: () => listen(server, port),
    [Symbol.asyncDispose]: () => close(server),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  state: {
    readonly options: FaultyProxyOptions;
    readonly injected: Fault[];
    readonly random: Random;
  },
): Promise<void> {
  const { options, injected } = state;
  options.onRequest?.();
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = new Blob(chunks.map((chunk) => new Uint8Array(chunk)));
  const fault = request.method === "POST" ? nextFault(state) : null;
  if (fault !== null) {
    injected.push(fault);
    options.onFault?.(fault);
    if (breakAtOnce(fault, response)) return;
  }
  const { target } = options;
  const base = (typeof target === "string" ? target : target()).replace(/\/v1$/, "");
  const reply = await fetch(base + request.url, {
    method: request.method ?? "GET",
    headers: { "content-type": "application/json" },
    ...(request.method === "POST" ? { body: await body.text() } : {}),
  });
  const text = await reply.text();
  const type = reply.headers.get("content-type") ?? "text/plain";
  breakReply(fault, { response, text, type, status: reply.status });
}

/** Number of POST requests so far, by the proxy's list of injected faults: the place in its plan. */
const asked = new WeakMap<readonly Fault[], number>();

function nextFault(
  { options, injected, random }: {
    readonly options: FaultyProxyOptions;
    readonly injected: readonly Fault[];
    readonly random: Random;
  },
): Fault | null {
  const { plan = [], rate = 0, faults = QUICK_FAULTS } = options;
  const index = asked.get(injected) ?? 0;
  asked.set(injected, index + 1);
  const planned = plan[index];
  if (planned !== undefined) return planned;
  return random() < rate ? pick(random, faults) : null;
}

/** Faults that need no reply of the endpoint. Returns whether it was one. */
function breakAtOnce(fault: Fault, response: ServerResponse): boolean {
  const end = (status: number, type: string, text: string) => {
    response.writeHead(status, { "content-type": type }).end(text);
    return true;
  };
  switch (fault) {
    case "reset":
      response.destroy();
      return true;
    case "status_429":
      response.setHeader("retry-after-ms", "20");
      return end(429, "text/plain", "slow down");
    case "status_500":
      return end(
        500,
        "application/json",
        '{"error":{"message":"EngineCore encountered an issue"}}',
      );
    case "status_503":
      return end(503, "text/plain", "overloaded");
    case "html":
      return end(200, "text/html", "<html><h1>Bad gateway</h1></html>");
    case "huge":
      sendHuge(response);
      return true;
    case "silence":
      return true;
    default:
      return false;
  }
}

/** Says whatever the client is willing to read, up to 100 MB. */
function sendHuge(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"choices":[{"index":0,"finish_reason":"stop","text":"');
  const chunk = "a".repeat(1 << 20);
  let left = 100;
  const more = () => {
    while (left-- > 0) {
      if (response.destroyed) return;
      if (!response.write(chunk)) {
        response.once("drain", more);
        return;
      }
    }
    response.end('"}]}');
  };
  more();
}

const Reply = z.looseObject({
  choices: z.array(z.looseObject({})).optional(),
  data: z.array(z.looseObject({})).optional(),
});

function breakReply(
  fault: Fault | null,
  { response, text, type, status }: {
    readonly response: ServerResponse;
    readonly text: string;
    readonly type: string;
    readonly status: number;
  },
): void {
  response.setHeader("content-type", type);
  const half = text.slice(0, Math.floor(text.length / 2));
  if (fault === "dies_half_way") {
    response.setHeader("content-length", String(new TextEncoder().encode(text).length));
    response.writeHead(status);
    response.write(half, () => response.destroy());
    return;
  }
  response.writeHead(status);
  response.end(fault === "truncated_json" ? half : broken(fault, text));
}

function broken(fault: Fault | null, text: string): string {
  if (fault === null) return text;
  const reply = Reply.parse(JSON.parse(text));
  const { choices, data } = reply;
  const fewer = (list: readonly unknown[]) => list.slice(0, Math.max(1, list.length - 1));
  switch (fault) {
    case "fewer_choices":
      return JSON.stringify({
        ...reply,
        ...(choices === undefined ? {} : { choices: fewer(choices) }),
        // One score of one text is no fewer.
        ...(data === undefined ? {} : { data: data.slice(1) }),
      });
    case "no_choices":
      return JSON.stringify({ ...reply, ...(choices ? { choices: [] } : { data: [] }) });
    case "unreadable_choices":
      return JSON.stringify({
        ...reply,
        ...(choices ? { choices: choices.map(() => "tired") } : {}),
        ...(data ? { data: data.map((row) => ({ ...row, data: ["tired"] })) } : {}),
      });
    default:
      return text;
  }
}
