import { InfrastructureError, type Json, StoreError, UsageError } from "../../core/mod.ts";
import type { QueryOptions, QueryRows, SqlReader } from "../../store/mod.ts";
import { ControlEvent, ControlStatus, QueryLine, SnapshotReply, socketPath } from "./protocol.ts";

/** The process that holds a database. */
export interface ControlClient extends SqlReader, Disposable {
  /** @throws {StoreError} If the process has ended meanwhile. */
  status(): Promise<ControlStatus>;
  /** Events from now on, until the process ends or the signal aborts. */
  events(options?: { readonly signal?: AbortSignal }): AsyncGenerator<ControlEvent>;
  /**
   * Lets the process write a consistent copy.
   *
   * @param path Full path, in the database's folder.
   * @throws {StoreError} If it cannot.
   */
  snapshot(path: string): Promise<void>;
}

/** Connects to the process that holds a database; `null` if none listens. */
export async function connectControl(db: string): Promise<ControlClient | null> {
  const path = socketPath(db);
  const isThere = await Deno.lstat(path).then(({ isSocket }) => isSocket === true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
  if (!isThere) return null;
  const http = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  const client = new UnixControlClient(db, http);
  try {
    await client.status();
    return client;
  } catch (error) {
    client[Symbol.dispose]();
    // A socket that nobody listens at was left behind by a process that was killed.
    if (error instanceof StoreError) return null;
    throw error;
  }
}

class UnixControlClient implements ControlClient {
  readonly #db: string;
  readonly #http: Deno.HttpClient;

  constructor(db: string, http: Deno.HttpClient) {
    this.#db = db;
    this.#http = http;
  }

  async status(): Promise<ControlStatus> {
    return ControlStatus.parse(await (await this.#request("/status")).json());
  }

  async *events(
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<ControlEvent> {
    const response = await this.#request("/events", options);
    for await (const line of jsonLines(response)) yield ControlEvent.parse(line);
  }

  async query(sql: string, options: QueryOptions = {}): Promise<QueryRows> {
    const { parameters, timeoutMs, signal } = options;
    const response = await this.#request("/query", {
      body: { sql, parameters, timeoutMs },
      ...(signal === undefined ? {} : { signal }),
    });
    const lines = jsonLines(response);
    const { value } = await lines.next();
    const first = QueryLine.parse(value ?? endedLine(this.#db));
    if (first.type === "columns") {
      return { columns: first.columns, types: first.types, batches: batches(lines, this.#db) };
    }
    await lines.return(undefined);
    throw queryError(first, this.#db);
  }

  async snapshot(path: string): Promise<void> {
    const response = await this.#request("/snapshot", { body: { path } });
    const reply = SnapshotReply.parse(await response.json());
    if ("error" in reply) throw new StoreError(reply.error);
  }

  [Symbol.dispose](): void {
    this.#http.close();
  }

  async #request(
    route: string,
    options: { readonly body?: unknown; readonly signal?: AbortSignal } = {},
  ): Promise<Response> {
    const { body, signal } = options;
    let response: Response;
    try {
      response = await fetch(`http://control${route}`, {
        client: this.#http,
        ...(signal === undefined ? {} : { signal }),
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TypeError)) throw error;
      throw new StoreError(
        `Cannot ask the process that holds "${this.#db}": it does not answer; it may have ended, so run the same command again`,
        { cause: error },
      );
    }
    if (response.ok) return response;
    throw new InfrastructureError(
      "process",
      `Cannot use the control endpoint of "${this.#db}": ${response.status} ${await response
        .text()}`,
    );
  }
}

/** Lines until the reply ends or breaks off: what has to be whole says so in its last line. */
async function* jsonLines(response: Response): AsyncGenerator<unknown> {
  let rest = "";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { value, done } = await reader?.read().catch(broken) ?? { done: true };
      if (done || value === undefined) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line);
    }
  } finally {
    await reader?.cancel().catch(broken);
  }
}

/** A process that ends, or a signal that aborts, breaks the connection off. */
function broken(error: unknown): { readonly done: true; readonly value?: undefined } {
  if (error instanceof TypeError) return { done: true };
  if (error instanceof DOMException && error.name === "AbortError") return { done: true };
  throw error;
}

async function* batches(
  lines: AsyncGenerator<unknown>,
  db: string,
): AsyncGenerator<readonly (readonly Json[])[]> {
  for await (const value of lines) {
    const line = QueryLine.parse(value);
    if (line.type === "end") return;
    if (line.type !== "rows") throw queryError(line, db);
    yield line.rows;
  }
  throw queryError(endedLine(db), db);
}

/** A reply that breaks off has no last line. */
function endedLine(db: string): QueryLine {
  return {
    type: "error",
    kind: "other",
    message:
      `Cannot finish the query: the process that holds "${db}" has ended; run the same command again`,
  };
}

function queryError(line: QueryLine, db: string): Error {
  if (line.type !== "error") {
    return new StoreError(`Cannot use the reply of the process that holds "${db}": ${line.type}`);
  }
  return line.kind === "usage" ? new UsageError(line.message) : new StoreError(line.message);
}
