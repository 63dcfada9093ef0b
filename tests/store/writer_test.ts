import assert from "node:assert/strict";
import { DuckDBInstance } from "@duckdb/node-api";
import { StoreError } from "../../lib/core/mod.ts";
import { Database } from "../../lib/store/_database.ts";
import { migrate } from "../../lib/store/_migrate.ts";
import { TreeWriter } from "../../lib/store/_writer.ts";
import { packTreeId } from "../../lib/store/mod.ts";
import { testTree } from "../conformance/store.ts";

/** A database that commits, and then says that the instance is dead: what DuckDB does when an automatic checkpoint fails. */
class DyingDatabase extends Database {
  deaths: number;

  constructor(
    instance: DuckDBInstance,
    connection: Awaited<ReturnType<DuckDBInstance["connect"]>>,
    deaths: number,
  ) {
    super(":memory:", instance, connection);
    this.deaths = deaths;
  }

  override async transaction<T>(body: () => Promise<T>): Promise<T> {
    const result = await super.transaction(body);
    if (this.deaths > 0) {
      this.deaths--;
      throw new StoreError(
        'Cannot use database ":memory:": FATAL Error: Transaction COMMIT succeeded',
      );
    }
    return result;
  }
}

async function open(deaths: number): Promise<DyingDatabase> {
  const instance = await DuckDBInstance.create(":memory:");
  const database = new DyingDatabase(instance, await instance.connect(), 0);
  await migrate(database);
  database.deaths = deaths;
  return database;
}

const treeId = packTreeId({ runNo: 1, roundNo: 0, problemNo: 1, seed: 0 });
const count = async (database: Database) =>
  (await database.columns("SELECT count(*)::INTEGER FROM node"))[0]?.[0];

Deno.test("TreeWriter reopens after a FATAL error and replays without doubling", async () => {
  using database = await open(1);
  let reopened = 0;
  const writer = new TreeWriter({
    database: () => database,
    reopen: () => Promise.resolve(void reopened++),
    exclusive: (work) => work(),
  });
  assert.equal(await writer.write(treeId, testTree("test/1", 0)), "duplicate");
  assert.equal(reopened, 1);
  assert.equal(await count(database), 5);
  await writer.close();
});

Deno.test("TreeWriter gives up when the second try is fatal too, and says so to every caller", async () => {
  using database = await open(2);
  const writer = new TreeWriter({
    database: () => database,
    reopen: () => Promise.resolve(),
    exclusive: (work) => work(),
  });
  const message = 'Cannot use database ":memory:": FATAL Error: Transaction COMMIT succeeded';
  const writes = [0, 1].map((seed) =>
    writer.write(treeId + BigInt(seed), testTree("test/1", seed))
  );
  for (const write of await Promise.allSettled(writes)) {
    assert.equal(write.status, "rejected");
    assert.equal(write.reason.message, message);
  }
  await writer.close();
});
