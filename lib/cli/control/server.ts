import type { z } from "zod";
import { type Json, parseJson, StoreError, UsageError } from "../../core/mod.ts";
import type { SqlReader } from "../../store/mod.ts";
import type { EventHub } from "../observe/event_hub.ts";
import {
  type ControlEvent,
  type ControlStatus,
  QueryBody,
  type QueryLine,
  SnapshotBody,
  socketPath,
  socketPathProblem,
} from "./protocol.ts";

/** Parts that a control endpoint answers from. */
export interface ControlParts {
  /** The database as others see it while this process holds it. Its queries reach no file but the database's own. */
  readonly store: SqlReader & { snapshot(path: string): Promise<void> };
  readonly status: () => ControlStatus;
  readonly events: EventHub;
  readonly onNotice: (message: string) => void;
}

/** Longest time for a query that names none. */
const QUERY_TIMEOUT_MS = 300_000;

/** Longest body of a request that is read, bytes. */
const MAX_BODY_BYTES = 1 << 20;

/**
 * Serves the control endpoint of the process that holds a database. A run does not fail for want of one: where the socket cannot be
 * made, a notice says so.
 *
 * @param db Database file. It must be held by this process already: a socket that lies there is left over.
 */
export async function serveControl(db: string, parts: ControlParts): Promise<AsyncDisposable> {
  const path = socketPath(db);
  const problem = socketPathProblem(path);
  if (problem !== null) {
    parts.onNotice(`No control endpoint: ${problem}`);
    return { [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  await Deno.remove(path).catch((error: unknown) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  return new ControlServer(path, parts);
}

/** How long clients get to read the end of their replies when the endpoint closes, milliseconds. */
const CLOSING_MS = 1_000;

class ControlServer implements AsyncDisposable {
  readonly #path: string;
  readonly #parts: ControlParts;
  readonly #server: Deno.HttpServer;
  readonly #closing = new AbortController();
  readonly #cutting = new AbortController();
  readonly #streams = new Set<AsyncGenerator<unknown>>();

  constructor(path: string, parts: ControlParts) {
    this.#path = path;
    this.#parts = parts;
    // The socket exists with its final mode from the first moment on: between `bind` and `chmod` others could connect.
    const before = Deno.umask(0o177);
    try {
      this.#server = Deno.serve(
        { path, onListen: () => {}, signal: this.#cutting.signal },
        (request) => this.#answer(request),
      );
    } finally {
      Deno.umask(before);
    }
  }

  /** Ends every query before it returns: the database may be closed then. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(
      new StoreError("Cannot go on: the run has ended; run the same command again"),
    );
    const timer = setTimeout(() => this.#cutting.abort(), CLOSING_MS);
    await this.#server.shutdown();
    clearTimeout(timer);
    await Promise.all([...this.#streams].map((stream) => stream.return(undefined)));
    await Deno.remove(this.#path).catch((error: unknown) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  async #answer(request: Request): Promise<Response> {
    const { status, store } = this.#parts;
    switch (`${request.method} ${new URL(request.url).pathname}`) {
      case "GET /status":
        return Response.json(status());
      case "GET /events":
        return this.#lines((signal) => watch(this.#parts, signal));
      case "POST /query": {
        const body = QueryBody.safeParse(await readBody(request));
        if (body.success) return this.#lines((signal) => runQuery(store, body.data, signal));
        return new Response("expected {sql, parameters?, timeoutMs?}", { status: 400 });
      }
      case "POST /snapshot": {
        const body = SnapshotBody.safeParse(await readBody(request));
        if (!body.success) return new Response("expected {path}", { status: 400 });
        return Response.json(await takeSnapshot(store, body.data.path));
      }
      default:
        return new Response("no such route", { status: 404 });
    }
  }

  /** One JSON value a line, made as the client reads them; the signal aborts when the client leaves or the endpoint closes. */
  #lines(make: (signal: AbortSignal) => AsyncGenerator<unknown>): Response {
    const leaving = new AbortController();
    const values = make(AbortSignal.any([this.#closing.signal, leaving.signal]));
    this.#streams.add(values);
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { value, done } = await values.next();
        if (!done) {
          return controller.enqueue(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
        }
        this.#streams.delete(values);
        controller.close();
      },
      cancel: async () => {
        leaving.abort(new StoreError("Cannot go on: the client has left"));
        await values.return(undefined);
        this.#streams.delete(values);
      },
    });
    return new Response(body, { headers: { "content-type": "application/x-ndjson" } });
  }
}

/** The state first, then every event that follows it. */
async function* watch(
  { events, status }: ControlParts,
  signal: AbortSignal,
): AsyncGenerator<ControlEvent> {
  const stream = events.subscribe(signal);
  // Asked for before the state is told, so that nothing is missed between the two.
  const next = stream.next();
  try {
    yield { at: new Date().toISOString(), type: "status", status: status() };
    const first = await next;
    if (!first.done) yield first.value;
    yield* stream;
  } finally {
    await stream.return(undefined);
  }
}

async function readBody(request: Request): Promise<unknown> {
  let text = "";
  for await (const part of request.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (text.length > MAX_BODY_BYTES) return null;
  }
  return parseJson(text);
}

/** A {@linkcode QueryLine} whose cells are not copied. */
type OutgoingLine = Exclude<QueryLine, { readonly type: "rows" }> | {
  readonly type: "rows";
  readonly rows: readonly (readonly Json[])[];
};

async function* runQuery(
  store: SqlReader,
  { sql, parameters, timeoutMs = QUERY_TIMEOUT_MS }: z.infer<typeof QueryBody>,
  signal: AbortSignal,
): AsyncGenerator<OutgoingLine> {
  try {
    const rows = await store.query(sql, {
      timeoutMs,
      signal,
      ...(parameters === undefined ? {} : { parameters }),
    });
    yield { type: "columns", columns: [...rows.columns], types: [...rows.types] };
    for await (const batch of rows.batches) {
      yield { type: "rows", rows: batch };
    }
    yield { type: "end" };
  } catch (error) {
    yield {
      type: "error",
      kind: error instanceof UsageError ? "usage" : "other",
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

async function takeSnapshot(store: ControlParts["store"], path: string) {
  try {
    await store.snapshot(path);
    return { path };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
