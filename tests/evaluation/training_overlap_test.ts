import assert from "node:assert/strict";
import type { Problem } from "../../lib/core/mod.ts";
import { headlineWithoutOverlap, readTrainingOverlap } from "../../lib/evaluation/mod.ts";
import { type DuckdbStore, openStore } from "../../lib/store/mod.ts";
import { testRun } from "../conformance/store.ts";
import { temporaryFolder } from "../store/_files.ts";
import { generatedTree } from "../store/_generated_tree.ts";

const LONG = "A farmer has seven cows and sells two of them to his neighbour for ninety coins";

/** Training problems by the round that searched them. */
const TRAINING: readonly (readonly [round: number, question: string])[] = [
  [1, "What is  2 + 3?!"],
  [2, `${LONG} each; how many coins does he get?`],
  [3, "How many sides has a square?"],
];
const MEASURED = [
  "what is 2+3",
  `In a village ${LONG}. What is left?`,
  "How many sides has a square?",
  "How many sides has a cube?",
];

function problem(id: string, question: string): Problem {
  return { id, source: "test", question, answer: "5", level: null, meta: {} };
}

/** Trees of three rounds, and an evaluation of a round in which every second problem is right. */
async function storeWorld(
  store: DuckdbStore,
  { suite = "sums", round }: { readonly suite?: string; readonly round: number | null },
) {
  const measured = MEASURED.map((question, i) => problem(`m/${i}`, question));
  const training = TRAINING.map(([, question], i) => problem(`t/${i}`, question));
  await store.putProblems([...measured, ...training]);
  const { runNo } = await store.openRun(testRun({ name: "r" }));
  for (const [i, [roundNo]] of TRAINING.entries()) {
    await store.writeTree({ runNo, roundNo }, generatedTree(`t/${i}`, 0, i));
  }
  const { evalId } = await store.openEvaluation({
    suite,
    mode: "greedy",
    policy: null,
    ppm: null,
    spec: {},
    provenance: {},
    open: "new",
    runNo: round === null ? null : runNo,
    roundNo: round,
  });
  const keys = measured.map(({ id }) => ({ problemId: id, sample: 0 }));
  await store.writeSamples(
    evalId,
    keys.map((key) => ({
      ...key,
      answer: "5",
      outcome: "answered",
      score: null,
      promptTokens: 1,
      generatedTokens: 1,
      ppmTokens: 0,
      wallMs: 1,
      trace: {},
    })),
    keys.map((key, i) => ({
      ...key,
      grader: "g",
      correct: i % 2 === 0,
      stage: "exact",
      reason: "number",
      elapsedMs: 0,
      vote: null,
    })),
  );
  return { evalId, measured };
}

Deno.test("readTrainingOverlap() finds problems of the rounds so far again, equal or by 13 words", async () => {
  for (
    const [round, training, equal, similar] of [
      [0, 0, [], []],
      [1, 1, ["m/0"], []],
      [2, 2, ["m/0"], ["m/1"]],
      [3, 3, ["m/0", "m/2"], ["m/1"]],
    ] as const
  ) {
    await using folder = await temporaryFolder();
    await using store = await openStore(`${folder.path}/x.duckdb`);
    const { evalId } = await storeWorld(store, { round });
    assert.deepEqual(await readTrainingOverlap(store, evalId), {
      measured: 4,
      training,
      equal,
      similar,
    });
  }
});

Deno.test("readTrainingOverlap() looks for equal problems alone where phrasings repeat by construction", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/x.duckdb`);
  const { evalId } = await storeWorld(store, { suite: "starter_test", round: 3 });
  const overlap = await readTrainingOverlap(store, evalId);
  assert.deepEqual([overlap?.equal, overlap?.similar], [["m/0", "m/2"], []]);
});

Deno.test("readTrainingOverlap() claims nothing of a model from elsewhere", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/x.duckdb`);
  const { evalId } = await storeWorld(store, { round: null });
  assert.equal(await readTrainingOverlap(store, evalId), null);
});

Deno.test("headlineWithoutOverlap() leaves the problems that overlap out of the figure", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/x.duckdb`);
  const { evalId, measured } = await storeWorld(store, { round: 2 });
  const overlap = await readTrainingOverlap(store, evalId);
  const options = { mode: "greedy", problems: measured, samples: 1, grader: "g" } as const;
  const samples = await store.samples(evalId);
  const row = headlineWithoutOverlap(samples, { ...options, calibration: null, overlap });
  assert.deepEqual([row?.n, row?.value], [2, 0.5]);
  assert.equal(
    headlineWithoutOverlap(samples, { ...options, calibration: null, overlap: null }),
    null,
  );
});
