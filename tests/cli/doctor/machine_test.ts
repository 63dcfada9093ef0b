import assert from "node:assert/strict";
import { join } from "node:path";
import type { Finding } from "../../../lib/cli/doctor/finding.ts";
import {
  describeFileLimit,
  examineClock,
  examineControl,
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
  assert.equal(small.ok, true);
  assert.match(small.detail, /free beside ".*"; this run needs at most about 215k$/);
  const huge = await findingOf((say) => examineDisk(say, { db, nodes: 1e15 }));
  assert.equal(huge.ok, false);
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
    assert.equal((await findingOf((say) => examineControl(say, db))).ok, true);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
    const long = await findingOf((say) => examineControl(say, join(folder, "x".repeat(120))));
    assert.equal(long.ok, false);
    assert.match(long.detail, /name a shorter one with --db/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
