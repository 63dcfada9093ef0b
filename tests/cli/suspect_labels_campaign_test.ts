/** Whether `suspect-labels` finds wrong labels in a whole run of the starter world: hours. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openReadOnly, readParquetRows } from "../../lib/store/mod.ts";
import { loadProblems } from "../../lib/datasets/mod.ts";
import { PROBLEM_FOLDERS } from "../../lib/cli/host.ts";
import { temporaryFolder } from "../store/_files.ts";
import { plantLabels, suspectFigures } from "./_planted_labels.ts";
import { runRstar } from "./_rstar.ts";

const PROBLEMS = 600;
const SHARE = 0.05;
const ROUNDS = 4;

Deno.test("the last round's policy and PPM find labels that were planted wrong", async () => {
  await using folder = await temporaryFolder();
  const all = await loadProblems("starter", { ...PROBLEM_FOLDERS, readParquet: readParquetRows });
  const { problems, wrong } = plantLabels(all, { count: PROBLEMS, share: SHARE, seed: 1 });
  const file = join(folder.path, "planted.jsonl");
  await Deno.writeTextFile(file, problems.map((one) => `${JSON.stringify(one)}\n`).join(""));
  const db = join(folder.path, "a.duckdb");
  const { code, stderr } = await runRstar([
    ...["evolve", "--db", db, "--problems", file, "--rounds", String(ROUNDS), "--seed", "1"],
    ...["--eval-problems", "0", "--eval-search", "0", "--quiet"],
  ]);
  assert.equal(code, 0, stderr);
  using reader = await openReadOnly(db);
  const figures = await Promise.all(
    Array.from({ length: ROUNDS }, (_, i) => suspectFigures(reader, i + 1, wrong)),
  );
  console.table(figures);
  const last = figures.at(-1);
  assert.ok(last !== undefined && last.precisionAt20 >= 0.9, JSON.stringify(last));
});
