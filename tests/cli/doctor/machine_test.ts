import assert from "node:assert/strict";
import { join } from "node:path";
import { openStore } from "../../../lib/store/mod.ts";
import { withDuckDb } from "../../store/_files.ts";
import type { Finding } from "../../../lib/cli/doctor/finding.ts";
import {
  describeFileLimit,
  examineClock,
  examineControl,
  examineDatabase,
  examineDisk,
} from "../../../lib/cli/doctor/machine.ts";

async function findingOf(examine: (say: (finding: Finding) => void) => Promise<void>) {
  const findings: Finding[] = [];
  await examine((finding) => findings.push(finding));
  assert.equal(findings.length, 1);
  return findings[0] ?? assert.fail();
}

Deno.test("examineDisk() says what is free and what a run needs, and fails when that is more", async () => {
  const db = join(await Deno.makeTempDir(), "none", "a.duckdb");
  const small = await findingOf((say) => examineDisk(say, { db, nodes: 1000 }));
  assert.equal(small.level, "ok");
  assert.match(
    small.detail,
    /^[\d.]+ [kMGT]?B free beside ".*"; this run needs at most about 215 kB$/,
  );
  const huge = await findingOf((say) => examineDisk(say, { db, nodes: 1e15 }));
  assert.equal(huge.level, "fail");
  assert.match(huge.detail, /name another place with --db$/);
});

Deno.test("describeFileLimit() says what a low limit needs", () => {
  assert.equal(describeFileLimit(-1), "no limit");
  assert.equal(describeFileLimit(4096), "4096 allowed");
  assert.throws(() => describeFileLimit(256), { message: /^256 allowed, .*ulimit -n 4096/ });
});

Deno.test("examineClock() finds something to say", async () => {
  assert.notEqual((await findingOf(examineClock)).detail, "");
});

Deno.test("examineControl() makes a socket where the database would be, and leaves none", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const db = join(folder, "a.duckdb");
    assert.equal((await findingOf((say) => examineControl(say, db))).level, "ok");
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
    const long = await findingOf((say) => examineControl(say, join(folder, "x".repeat(120))));
    assert.equal(long.level, "fail");
    assert.match(long.detail, /name a shorter one with --db/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("examineDatabase() warns of a database of an earlier version, which a run brings up to date", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const db = join(folder, "a.duckdb");
    await (await openStore(db))[Symbol.asyncDispose]();
    assert.equal((await findingOf((say) => examineDatabase(say, db))).level, "ok");
    await withDuckDb(
      db,
      (connection) => connection.run("DELETE FROM schema_version WHERE version > 1"),
    );
    const old = await findingOf((say) => examineDatabase(say, db));
    assert.equal(old.level, "warn");
    assert.match(old.detail, /got version 1; bring it up to date with deno task runs compact/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
