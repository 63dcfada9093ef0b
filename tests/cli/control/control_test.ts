import assert from "node:assert/strict";
import { join } from "node:path";
import {
  connectControl,
  type ControlStatus,
  serveControl,
  socketPath,
} from "../../../lib/cli/control/mod.ts";
import { EventHub } from "../../../lib/cli/observe/event_hub.ts";
import { openReader } from "../../../lib/cli/reader.ts";
import { type DuckdbStore, openStore, type SqlReader } from "../../../lib/store/mod.ts";

const STATUS: ControlStatus = {
  version: 1,
  pid: 7,
  command: "synth",
  run: "r",
  startedAt: "2026-01-01T00:00:00.000Z",
  search: null,
};

interface Served {
  readonly db: string;
  readonly folder: string;
  readonly store: DuckdbStore;
  readonly events: EventHub;
  readonly server: AsyncDisposable;
}

async function withServer(body: (served: Served) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rstar_" });
  try {
    const db = join(folder, "a.duckdb");
    await using store = await openStore(db);
    const events = new EventHub(() => new Date(0));
    await using server = await serveControl(db, {
      store,
      events,
      status: () => STATUS,
      onNotice: assert.fail,
    });
    await body({ db, folder, store, events, server });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function rowsOf(reader: SqlReader, sql: string): Promise<readonly unknown[]> {
  const { batches } = await reader.query(sql);
  return (await Array.fromAsync(batches)).flat();
}

Deno.test("the control endpoint is open to its user alone, and gone when it is closed", () =>
  withServer(async ({ db, server }) => {
    const { mode } = await Deno.stat(socketPath(db));
    assert.equal((mode ?? 0) & 0o777, 0o600);
    using client = await connectControl(db);
    assert.deepEqual(await client?.status(), STATUS);
    await server[Symbol.asyncDispose]();
    assert.equal(await connectControl(db), null);
  }));

Deno.test("connectControl() sees a socket that a killed process left behind, and serveControl() replaces it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rstar_" });
  try {
    const db = join(folder, "a.duckdb");
    // Closing removes a socket's file; a second name of it stays, as a killed process's does.
    const left = Deno.listen({ transport: "unix", path: `${socketPath(db)}.first` });
    await Deno.link(`${socketPath(db)}.first`, socketPath(db));
    left.close();
    assert.ok((await Deno.lstat(socketPath(db))).isSocket);
    assert.equal(await connectControl(db), null);
    await using store = await openStore(db);
    await using _server = await serveControl(db, {
      store,
      events: new EventHub(),
      status: () => STATUS,
      onNotice: assert.fail,
    });
    using client = await connectControl(db);
    assert.equal((await client?.status())?.pid, 7);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openReader() asks the process that holds the file, and the file itself when none does", () =>
  withServer(async ({ db, store, server }) => {
    {
      using reader = await openReader(db);
      assert.deepEqual(await rowsOf(reader, "SELECT 1 + 1 AS two, 'x'"), [[2, "x"]]);
      const { columns, types, batches } = await reader.query(
        "SELECT $1::INTEGER + i AS n FROM range(5000) t(i)",
        {
          parameters: [10],
        },
      );
      assert.deepEqual([columns, types], [["n"], ["BIGINT"]]);
      const numbers = (await Array.fromAsync(batches)).flat();
      assert.deepEqual([numbers.length, numbers[4999]], [5000, [5009]]);
    }
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    using reader = await openReader(db);
    assert.deepEqual(await rowsOf(reader, "SELECT count(*) FROM run"), [[0]]);
  }));

Deno.test("a query over the control endpoint changes nothing, reads no file, and ends in time", () =>
  withServer(async ({ db, folder }) => {
    await Deno.writeTextFile(join(folder, "secret.txt"), "secret");
    using reader = await openReader(db);
    for (
      const sql of [
        "DELETE FROM run",
        "SELECT 1; SELECT 2",
        `SELECT * FROM read_text('${folder}/secret.txt')`,
        `SELECT * FROM read_text('/etc/hostname')`,
        `COPY (SELECT 1) TO '${folder}/x.csv'`,
        "SET enable_external_access = true",
        "SELECT nonsense",
      ]
    ) {
      await assert.rejects(() => rowsOf(reader, sql), { name: "UsageError" }, sql);
    }
    await assert.rejects(
      async () => {
        const endless = "SELECT count(*) FROM range(100000000) a, range(100000000) b";
        const { batches } = await reader.query(endless, { timeoutMs: 200 });
        await Array.fromAsync(batches);
      },
      { name: "UsageError", message: /within 200 ms/ },
    );
  }));

Deno.test("a client may leave a query, and the endpoint may close during one", () =>
  withServer(async ({ db, server }) => {
    using reader = await openReader(db);
    const many = "SELECT i, md5(i::VARCHAR) FROM range(3000000) t(i)";
    for await (const _batch of (await reader.query(many)).batches) break;
    assert.deepEqual(await rowsOf(reader, "SELECT 1"), [[1]]);
    const { batches } = await reader.query(many);
    const reading = Array.fromAsync(batches).then(
      (rows) => assert.equal(rows.flat().length, 3_000_000, "it was whole, or else an error"),
      ({ name }: Error) => assert.equal(name, "StoreError"),
    );
    await server[Symbol.asyncDispose]();
    await reading;
  }));

Deno.test("events are streamed as they come, and end with the process", () =>
  withServer(async ({ db, events, server }) => {
    using client = await connectControl(db);
    assert.ok(client);
    const stream = client.events();
    assert.deepEqual((await stream.next()).value?.["status"], STATUS);
    events.emit({ type: "notice", level: "info", message: "m" });
    assert.deepEqual((await stream.next()).value, {
      at: "1970-01-01T00:00:00.000Z",
      type: "notice",
      level: "info",
      message: "m",
    });
    await server[Symbol.asyncDispose]();
    assert.equal((await stream.next()).done, true);
  }));

Deno.test("a snapshot is made by the process that holds the file", () =>
  withServer(async ({ db, folder }) => {
    using client = await connectControl(db);
    assert.ok(client);
    const copy = join(folder, "copy.duckdb");
    await client.snapshot(copy);
    using reader = await openReader(copy);
    assert.deepEqual(await rowsOf(reader, "SELECT count(*) FROM run"), [[0]]);
    await assert.rejects(() => client.snapshot(copy), { name: "StoreError", message: /exists/ });
  }));

Deno.test("the control endpoint refuses what it does not know", () =>
  withServer(async ({ db }) => {
    const client = Deno.createHttpClient({
      proxy: { transport: "unix", path: socketPath(db) },
    });
    const status = async (route: string, init: RequestInit = {}) => {
      const response = await fetch(`http://control${route}`, { ...init, client });
      await response.text();
      return response.status;
    };
    assert.equal(await status("/"), 404);
    assert.equal(await status("/status", { method: "POST" }), 404);
    assert.equal(await status("/query", { method: "POST", body: "{" }), 400);
    assert.equal(await status("/query", { method: "POST", body: '{"sql": 1}' }), 400);
    assert.equal(await status("/query", { method: "POST", body: " ".repeat(2 << 20) }), 400);
    assert.equal(await status("/snapshot", { method: "POST", body: "{}" }), 400);
    client.close();
  }));

Deno.test("serveControl() says that a path is too long for a socket, and goes on without", async () => {
  const notices: string[] = [];
  const db = `/tmp/${"x".repeat(120)}.duckdb`;
  await using _none = await serveControl(db, {
    store: { query: assert.fail, snapshot: assert.fail },
    status: () => STATUS,
    events: new EventHub(),
    onNotice: (message) => notices.push(message),
  });
  assert.match(notices.join(), /longer than the 107 bytes/);
});
