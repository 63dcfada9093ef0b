import assert from "node:assert/strict";
import { join } from "node:path";
import { linesOf, startProgram } from "../../store/_files.ts";
import { withFolder } from "../../with_folder.ts";
import { startRstar } from "../_rstar.ts";
import { runTask, withAdditions } from "./_task.ts";

const CURE = /its log ".*\.wal" is damaged.*deno task runs repair --db/;

Deno.test("runs repair may write beside the database, says what is there and what is lost, and is harmless twice", () =>
  withFolder(async (parent) => {
    const folder = join(parent, "a földer");
    await Deno.mkdir(folder);
    const db = join(folder, "a.duckdb");
    const child = startProgram("_writing_child.ts", [db, "120"]);
    let heard = 0;
    for await (const _line of linesOf(child.stdout)) {
      if (++heard === 120) child.kill("SIGKILL");
    }
    await child.status;
    const log = await Deno.readFile(`${db}.wal`);
    log.fill(0, Math.floor(log.length * 0.8), Math.floor(log.length * 0.8) + 4_096);
    await Deno.writeFile(`${db}.wal`, log);

    for (
      const args of [
        ["sql", "--db", db, "select 1"],
        ["runs", "--db", db],
        ["runs", "compact", "--db", db],
        ["runs", "snapshot", join(folder, "copy.duckdb"), "--db", db],
      ]
    ) {
      const { code, stderr } = await runTask(args);
      assert.equal(code, 1, stderr);
      assert.match(stderr, CURE);
    }
    const repaired = await runTask(["runs", "repair", "--db", db]);
    assert.equal(repaired.code, 0, repaired.stderr);
    assert.match(
      repaired.stderr,
      /Brought back \d+ of \d+ commits .*now there are: r: 1\d\d trees/,
    );
    assert.match(repaired.stderr, /Lost: \d commits, at least \d+ trees/);
    const kept = /kept as (.*);/.exec(repaired.stderr)?.[1] ?? "";
    assert.deepEqual(await Deno.readFile(kept), log);
    const again = await runTask(["runs", "repair", "--db", db]);
    assert.deepEqual([again.code, again.stderr.trim()], [
      0,
      `Nothing to repair: "${db}" can be read as it is`,
    ]);
    const counted = await runTask([
      "sql",
      "--db",
      db,
      "--format",
      "csv",
      "select count(*) from tree",
    ]);
    assert.match(
      repaired.stderr,
      new RegExp(`r: ${counted.stdout.trim().split("\n").at(-1)} trees`),
    );
    const missing = await runTask(["runs", "repair", "--db", join(folder, "b.duckdb")]);
    assert.equal(missing.code, 2, missing.stderr);
  }));

Deno.test("a search that a power cut ended says how its log is mended, and not that it goes on; mended, it goes on", () =>
  withAdditions(12, async ({ folder, synth, reached }) => {
    const child = startRstar(synth);
    const output = child.output();
    await Promise.race([reached(15), output]);
    child.kill("SIGKILL");
    await output;
    const db = join(folder, "a.duckdb");
    const log = await Deno.readFile(`${db}.wal`);
    await Deno.writeFile(`${db}.wal`, Uint8Array.from([...log, ...new Uint8Array(8_192)]));

    const refused = await runTask(synth);
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, CURE);
    assert.doesNotMatch(refused.stderr, /goes on/);
    const repaired = await runTask(["runs", "repair", "--db", db]);
    assert.equal(repaired.code, 0, repaired.stderr);
    assert.match(repaired.stderr, /Lost: no commit that can be recognised/);
    const finished = await runTask(synth);
    assert.equal(finished.code, 0, finished.stderr);
    assert.match(finished.stderr + finished.stdout, /12 trees of 12 problems/);
  }));
