import assert from "node:assert/strict";
import { seededRandom } from "../../lib/core/mod.ts";
import { openReadOnly, openStore, repairDatabase } from "../../lib/store/mod.ts";
import { testProblem, testTree } from "../conformance/store.ts";
import { linesOf, prepareRun, startProgram, temporaryFolder } from "./_files.ts";

const PAGE = 4_096;
const NOW = new Date("2026-03-01T12:30:45.678Z");
const [BEFORE, TREES] = [20, 160];

interface Stopped {
  readonly file: Uint8Array;
  readonly log: Uint8Array;
}

/** A database whose writer was killed: `before` trees lie in the file, the others in its log. */
async function stoppedDatabase(before: number): Promise<Stopped> {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  if (before > 0) {
    await using store = await openStore(path);
    const runNo = await prepareRun(store, TREES);
    for (let i = 1; i <= before; i++) {
      await store.writeTree({ runNo, roundNo: 0 }, testTree(`test/${i}`, 0));
    }
  }
  const child = startProgram("_writing_child.ts", [path, String(TREES)]);
  let heard = before;
  for await (const _line of linesOf(child.stdout)) {
    if (++heard === TREES) child.kill("SIGKILL");
  }
  await child.status;
  return { file: await Deno.readFile(path), log: await Deno.readFile(`${path}.wal`) };
}

const stopped = await stoppedDatabase(BEFORE);
const random = seededRandom(20);

/** The log with the bytes of a stretch replaced. */
function overwrite(
  log: Uint8Array,
  { from, to, by }: { readonly from: number; readonly to: number; readonly by: () => number },
): Uint8Array {
  const changed = log.slice();
  for (let i = from; i < to; i++) changed[i] = by();
  return changed;
}

const zero = () => 0;
const noise = () => Math.floor(random() * 256);
const middleOf = (log: Uint8Array) => Math.floor(log.length / 2 / PAGE) * PAGE;

interface Damage {
  readonly name: string;
  readonly damage: (log: Uint8Array) => Uint8Array;
  /** Least number of trees that must be there again. */
  readonly trees: number;
}

// A commit holds 8 trees; a page of these small ones lies in three commits at most.
const DAMAGES: readonly Damage[] = [
  {
    name: "a page of zeros in the middle",
    damage: (log) => overwrite(log, { from: middleOf(log), to: middleOf(log) + PAGE, by: zero }),
    trees: TREES - 24,
  },
  {
    name: "a page of another file in the middle",
    damage: (log) => overwrite(log, { from: middleOf(log), to: middleOf(log) + PAGE, by: noise }),
    trees: TREES - 24,
  },
  {
    name: "a page that was not written yet",
    damage: (log) => {
      const changed = log.slice();
      changed.copyWithin(middleOf(log), middleOf(log) - PAGE, middleOf(log));
      return changed;
    },
    trees: TREES - 24,
  },
  {
    name: "pages of zeros at the end",
    damage: (log) => overwrite(log, { from: log.length - 2 * PAGE, to: log.length, by: zero }),
    trees: TREES - 40,
  },
  {
    name: "zeros behind the last commit",
    damage: (log) => Uint8Array.from([...log, ...new Uint8Array(2 * PAGE)]),
    trees: TREES,
  },
  {
    name: "a size that reaches beyond the end",
    damage: (log) => {
      // The entry that follows the mark of a commit in the middle.
      const mark = [0x2f, 0xed, 0x3d, 0x5e, 0x64, 0, 100, 0xff, 0xff];
      const at = log.findIndex((_, i) =>
        i > log.length / 2 && mark.every((byte, j) => log[i + j] === byte)
      );
      return overwrite(log, { from: at + mark.length + 3, to: at + mark.length + 4, by: () => 9 });
    },
    trees: TREES - 8,
  },
  {
    name: "two torn pages far apart",
    damage: (log) => {
      const first = overwrite(log, { from: 8 * PAGE, to: 9 * PAGE, by: noise });
      return overwrite(first, { from: log.length - 8 * PAGE, to: log.length - 7 * PAGE, by: zero });
    },
    trees: TREES - 48,
  },
  {
    name: "a first page of zeros",
    damage: (log) => overwrite(log, { from: 0, to: PAGE, by: zero }),
    trees: BEFORE,
  },
  {
    name: "zeros alone",
    damage: (log) => new Uint8Array(log.length),
    trees: BEFORE,
  },
  {
    name: "a second half of noise",
    damage: (log) => overwrite(log, { from: middleOf(log), to: log.length, by: noise }),
    trees: BEFORE + 40,
  },
];

async function writeDamaged(path: string, { file, log }: Stopped): Promise<void> {
  await Deno.writeFile(path, file);
  await Deno.writeFile(`${path}.wal`, log);
}

/** Names in a folder but those of the database and its log. */
async function othersIn(folder: string): Promise<readonly string[]> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  return names.filter((name) => !["a.duckdb", "a.duckdb.wal"].includes(name)).toSorted();
}

/** Counts the trees that are there, looks at every eighth of them, and grows the others again. */
async function checkedTrees(path: string): Promise<number> {
  await using store = await openStore(path);
  const runNo = await prepareRun(store, TREES);
  const key = { runNo, roundNo: 0 };
  const problems = Array.from({ length: TREES }, (_, i) => testProblem(i + 1));
  const problemNos = await store.putProblems(problems);
  const left = await store.pending({ ...key, problemNos, seeds: [0], maxFailures: 1 });
  const missing = new Set(Array.from(left, ({ index }) => index));
  assert.equal(await store.tornTrees(), 0);
  for (const [index, { id }] of problems.entries()) {
    const expected = testTree(id, 0);
    if (missing.has(index)) assert.equal(await store.writeTree(key, expected), "stored");
    else if (index % 8 === 0) {
      assert.deepEqual(await store.readTree(key, expected), expected);
    }
  }
  assert.equal((await store.summary(runNo)).trees, TREES);
  return TREES - missing.size;
}

for (const { name, damage, trees } of DAMAGES) {
  Deno.test(`repairDatabase() brings back what is readable of a log with ${name}`, async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/a.duckdb`;
    const damaged = { file: stopped.file, log: damage(stopped.log) };
    await writeDamaged(path, damaged);
    const expected = {
      name: "StoreError",
      isDamaged: true,
      message:
        /^Cannot use database ".*": its log ".*\.wal" is damaged.*deno task runs repair --db/,
    };
    await assert.rejects(() => openReadOnly(path), expected);
    await assert.rejects(() => openStore(path), expected);
    assert.deepEqual(await Deno.readFile(path), damaged.file, "opening changed the file");
    assert.deepEqual(await Deno.readFile(`${path}.wal`), damaged.log, "opening changed the log");

    const outcome = await repairDatabase(path, { now: NOW });
    assert.equal(outcome?.kept, `${path}.wal.damaged-20260301-123045`);
    assert.deepEqual(await Deno.readFile(outcome.kept), damaged.log);
    assert.deepEqual(await Deno.readFile(path), damaged.file);
    assert.deepEqual(await othersIn(folder.path), ["a.duckdb.wal.damaged-20260301-123045"]);
    assert.equal(await repairDatabase(path, { now: NOW }), null);
    const found = outcome.runs[0]?.trees ?? 0;
    assert.ok(found >= trees, `${found} trees, expected ${trees} at least`);
    assert.ok(found + outcome.lost.trees <= TREES);
    assert.equal(await checkedTrees(path), found);
  });
}

Deno.test("a log that a killed process was writing is no damage", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  for (const cut of [3, PAGE, stopped.log.length - 3]) {
    await writeDamaged(path, { ...stopped, log: stopped.log.slice(0, stopped.log.length - cut) });
    assert.equal(await repairDatabase(path, { now: NOW }), null);
    assert.ok(await checkedTrees(path) >= BEFORE);
  }
});

Deno.test("repairDatabase() says that nothing is left where all lay in a log without a beginning", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const { file, log } = await stoppedDatabase(0);
  await writeDamaged(path, { file, log: overwrite(log, { from: 0, to: PAGE, by: zero }) });
  const outcome = await repairDatabase(path, { now: NOW });
  assert.deepEqual([outcome?.commits, outcome?.runs], [0, []]);
  assert.equal(outcome?.lost.trees, TREES);
  assert.equal(await checkedTrees(path), 0);
});

Deno.test("repairDatabase() keeps every damaged log, and takes up one that was ended midway", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  await Deno.mkdir(`${path}.repair`);
  await Deno.writeTextFile(`${path}.repair/copy.duckdb`, "half a copy");
  for (const by of [zero, noise]) {
    const from = middleOf(stopped.log);
    await writeDamaged(path, {
      ...stopped,
      log: overwrite(stopped.log, { from, to: from + PAGE, by }),
    });
    await repairDatabase(path, { now: NOW });
  }
  const kept = "a.duckdb.wal.damaged-20260301-123045";
  assert.deepEqual(await othersIn(folder.path), [kept, `${kept}-2`]);
});

Deno.test("repairDatabase() refuses a database that a process holds, and one that is being repaired", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const child = startProgram("_writing_child.ts", [path, "1"]);
  const lines = linesOf(child.stdout);
  await lines.next();
  await assert.rejects(() => repairDatabase(path, { now: NOW }), {
    isBusy: true,
    message: new RegExp(`process ${child.pid} has it open`),
  });
  child.kill("SIGKILL");
  await lines.return?.();
  await child.status;

  const from = middleOf(stopped.log);
  const log = overwrite(stopped.log, { from, to: from + PAGE, by: zero });
  await writeDamaged(path, { ...stopped, log });
  await Deno.mkdir(`${path}.repair`);
  {
    using lock = await Deno.open(`${path}.repair/lock`, { create: true, write: true });
    await lock.lock(true);
    await assert.rejects(() => repairDatabase(path, { now: NOW }), {
      isBusy: true,
      message: `Cannot repair database "${path}": another process repairs it; wait for it`,
    });
  }
  assert.deepEqual(await Deno.readFile(`${path}.wal`), log);
});

Deno.test("repairDatabase() changes nothing where pages of the file itself are damaged, and says so", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const from = middleOf(stopped.log);
  const damaged = {
    file: overwrite(stopped.file, { from: 3 * PAGE, to: stopped.file.length, by: noise }),
    log: overwrite(stopped.log, { from, to: from + PAGE, by: zero }),
  };
  await writeDamaged(path, damaged);
  const expected = {
    name: "StoreError",
    isDamaged: true,
    message: /pages of the file itself are damaged.*go on with a copy that was made before/,
  };
  await assert.rejects(() => openStore(path), expected);
  await assert.rejects(() => repairDatabase(path, { now: NOW }), expected);
  assert.deepEqual(await Deno.readFile(path), damaged.file);
  assert.deepEqual(await Deno.readFile(`${path}.wal`), damaged.log);
  assert.deepEqual(await othersIn(folder.path), []);
});

Deno.test("a reader says that a page that it comes to is damaged", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const block = 256 * 1_024;
  await writeDamaged(path, stopped);
  {
    await using _store = await openStore(path);
  }
  const file = await Deno.readFile(path);
  // Blocks begin behind three headers; in the third of them lie the rows.
  const third = 3 * PAGE + 2 * block;
  await Deno.writeFile(
    path,
    overwrite(file, { from: third + PAGE, to: third + block, by: noise }),
  );
  const read = async () => {
    using reader = await openReadOnly(path);
    const { batches } = await reader.query("SELECT max(step_text || code), max(answer) FROM node");
    await Array.fromAsync(batches);
  };
  await assert.rejects(read, {
    name: "StoreError",
    isDamaged: true,
    message: /pages of the file itself/,
  });
});

Deno.test("repairDatabase() mends the log that DuckDB reads where the database is a link", async () => {
  await using folder = await temporaryFolder();
  const [real, link] = [`${folder.path}/real/a.duckdb`, `${folder.path}/link.duckdb`];
  await Deno.mkdir(`${folder.path}/real`);
  const from = middleOf(stopped.log);
  await writeDamaged(real, {
    ...stopped,
    log: overwrite(stopped.log, { from, to: from + PAGE, by: zero }),
  });
  await Deno.symlink(real, link);
  await assert.rejects(() => openStore(link), { isDamaged: true });
  const outcome = await repairDatabase(link, { now: NOW });
  assert.equal(outcome?.kept, `${await Deno.realPath(real)}.wal.damaged-20260301-123045`);
  assert.equal(await checkedTrees(link), outcome.runs[0]?.trees);
});
