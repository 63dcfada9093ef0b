import assert from "node:assert/strict";
import { type DuckdbStore, openStore } from "../../lib/store/mod.ts";
import { testArtifact } from "../conformance/store_artifacts.ts";
import { testEvaluation, testSample, testVerdict } from "../conformance/store_evaluations.ts";
import { testTree } from "../conformance/store.ts";
import { allRows, prepareRun, temporaryFolder } from "./_files.ts";
import { answer, handTree } from "./_hand_tree.ts";

/** A store with run "r" and three problems, in a folder that goes with it. */
async function newStore(): Promise<
  { readonly store: DuckdbStore; readonly runNo: number } & AsyncDisposable
> {
  const folder = await temporaryFolder();
  const store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 3);
  return {
    store,
    runNo,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Five candidates at the root: two good, one mixed, one bad, one that failed; and answers below. */
const BRANCHING = handTree([
  { parent: 0, qValue: 0.9 }, // 1: right below
  { parent: 0, qValue: 0.5 }, // 2: right below
  { parent: 0, qValue: 0.2 }, // 3: both below
  { parent: 0, qValue: -0.5 }, // 4: wrong below
  { parent: 0, qValue: -1, status: "code_error", multiplicity: 3, visits: 0 }, // 5
  answer(1, "2", { correct: true, qValue: 1 }), // 6: mean Q 0.95
  answer(2, "2", { correct: true, qValue: 1 }), // 7: 0.75
  answer(3, "2", { correct: true, qValue: 1 }), // 8: 0.6
  answer(3, "3", { correct: false, qValue: -1 }), // 9: -0.4
  answer(4, "4", { correct: false, qValue: -1 }), // 10: -0.75
]);

Deno.test("preference_pairs holds the pairs of the paper's rule", async () => {
  await using made = await newStore();
  await made.store.writeTree({ runNo: made.runNo, roundNo: 1 }, BRANCHING);
  const rows = await allRows(made.store.query(
    `SELECT kind, parent_id, positive_id, negative_id, margin FROM preference_pairs
     ORDER BY kind DESC, positive_id, negative_id`,
  ));
  const margin = (a: number, b: number) => a - b;
  const mean = (...values: number[]) => values.reduce((sum, q) => sum + q, 0) / values.length;
  assert.deepEqual(rows, [
    ["step", 0, 1, 3, margin(0.9, 0.2)],
    ["step", 0, 1, 4, margin(0.9, -0.5)],
    ["step", 0, 2, 3, margin(0.5, 0.2)],
    ["step", 0, 2, 4, margin(0.5, -0.5)],
    ["final", null, 6, 9, margin(mean(0.9, 1), mean(0.2, -1))],
    ["final", null, 6, 10, margin(mean(0.9, 1), mean(-0.5, -1))],
    ["final", null, 7, 9, margin(mean(0.5, 1), mean(0.2, -1))],
    ["final", null, 7, 10, margin(mean(0.5, 1), mean(-0.5, -1))],
  ]);
});

Deno.test("preference_pairs has no pair without a margin, of one node, or of a failed candidate", async () => {
  await using made = await newStore();
  const tree = handTree([
    { parent: 0, qValue: 0 }, // both below: no pair with itself
    answer(1, "2", { correct: true, qValue: 1 }),
    answer(1, "3", { correct: false, qValue: -1 }),
    { parent: 0, qValue: -1, status: "code_error" },
    { parent: 0, qValue: 0.5 }, // wrong below, but of higher Q than the positive
    answer(5, "4", { correct: false, qValue: 1 }),
  ]);
  await made.store.writeTree({ runNo: made.runNo, roundNo: 1 }, tree);
  assert.deepEqual(
    await allRows(
      made.store.query("SELECT kind, positive_id, negative_id FROM preference_pairs ORDER BY ALL"),
    ),
    [["final", 2, 3]],
  );
});

Deno.test("sibling_groups counts what was drawn at each node", async () => {
  await using made = await newStore();
  await made.store.writeTree({ runNo: made.runNo, roundNo: 1 }, BRANCHING);
  assert.deepEqual(
    await allRows(made.store.query(
      `SELECT parent_id, depth, candidates, drawn, failed, explored, positives, negatives, best_q, worst_q, visits,
         top_share FROM sibling_groups WHERE parent_id IN (0, 3) ORDER BY parent_id`,
    )),
    [[0, 1, 5, 7, 1, 4, 3, 2, 0.9, -0.5, 12, 0.25], [3, 2, 2, 2, 0, 2, 1, 1, 1, -1, 6, 0.5]],
  );
});

Deno.test("q_calibration and ppm_calibration compare values with success", async () => {
  await using made = await newStore();
  const tree = handTree([
    { parent: 0, qValue: 1, ppmLogit: 3.2 },
    { parent: 0, qValue: 0.85, ppmLogit: 3.4 },
    { parent: 0, qValue: -1, ppmLogit: -20 },
    { parent: 0, qValue: null, ppmLogit: null, visits: 0 },
    answer(1, "2", { correct: true }),
    answer(2, "2", { correct: true }),
    answer(2, "3", { correct: false }),
    answer(3, "3", { correct: false }),
    answer(4, "2", { correct: true }),
  ]);
  await made.store.writeTree({ runNo: made.runNo, roundNo: 1 }, tree);
  assert.deepEqual(
    await allRows(made.store.query(
      "SELECT depth, bin, steps, answers, expected, success FROM q_calibration ORDER BY bin",
    )),
    [[1, -1, 1, 1, 0, 0], [1, 0.8, 2, 3, (0.925 + 1) / 2, 0.75]],
  );
  assert.deepEqual(
    await allRows(made.store.query(
      "SELECT kind, bin, nodes, success FROM ppm_calibration ORDER BY bin",
    )),
    [["step", -10, 1, 0], ["step", 3, 2, 0.75]],
  );
});

Deno.test("trajectories, problems, trees and errors say what a search came to", async () => {
  await using made = await newStore();
  const { store, runNo } = made;
  const key = { runNo, roundNo: 1 };
  await store.writeTree(key, BRANCHING);
  await store.writeTree(key, testTree("test/2", 0, false));
  await store.writeTree(key, testTree("test/3", 0, true));
  assert.deepEqual(
    await allRows(store.query(
      "SELECT leaf_id, steps, correct, reference, mean_q, min_q FROM trajectories WHERE leaf_id IN (6, 9) ORDER BY leaf_id",
    )),
    [[6, 2, true, "2", 0.95, 0.9], [9, 2, false, "2", -0.4, -1]],
  );
  assert.deepEqual(
    await allRows(store.query(
      "SELECT problem_id, trees, solved, right_trajectories, wrong_trajectories, difficulty FROM problems ORDER BY 1",
    )),
    [
      ["test/1", 1, true, 3, 2, "medium"],
      ["test/2", 1, false, 0, 1, "hard"],
      ["test/3", 1, true, 1, 0, "easy"],
    ],
  );
  assert.deepEqual(
    await allRows(store.query(
      "SELECT status, execution, error_type, candidates, problems, share FROM errors ORDER BY candidates DESC",
    )),
    [
      ["code_error", "error", "NameError", 2, 2, 2 / 18],
      ["code_error", "ok", null, 1, 1, 1 / 18],
    ],
  );
  assert.deepEqual(
    await allRows(store.query(
      "SELECT depth, step_text FROM path_of((SELECT min(tree_id) FROM tree), 9) ORDER BY depth",
    )),
    [[1, "step 3"], [2, "<answer>\\boxed{3}<end_of_answer>"]],
  );
});

Deno.test("rounds and cost add up the trees of a round", async () => {
  await using made = await newStore();
  const { store, runNo } = made;
  const priced = {
    ...testTree("test/1", 1),
    usage: { ...testTree("test/1", 1).usage, price: 0.5 },
  };
  await store.writeTree({ runNo, roundNo: 1 }, testTree("test/1", 0));
  await store.writeTree({ runNo, roundNo: 1 }, priced);
  await store.writeTree({ runNo, roundNo: 1 }, testTree("test/2", 0, false));
  // Of the second round's own two, one was solved before; the third has no trees yet.
  await store.writeTree({ runNo, roundNo: 2 }, testTree("test/1", 0, false));
  await store.writeTree({ runNo, roundNo: 2 }, testTree("test/3", 0));
  await store.putRound({ runNo, roundNo: 1, policy: "p", ppm: null, params: {}, state: "sft" });
  await store.putRound({ runNo, roundNo: 3, policy: "q", ppm: null, params: {}, state: "search" });
  const columns = "run, round, state, policy, trees, problems, solved, coverage, tokens, seconds";
  assert.deepEqual(
    await allRows(store.query(
      `SELECT ${columns}, problems_so_far, solved_so_far FROM rounds ORDER BY round`,
    )),
    [
      ["r", 1, "sft", "p", 3, 2, 1, 0.5, 3 * (100 + 68 + 50), 6, 2, 1],
      ["r", 2, null, null, 2, 2, 1, 0.5, 2 * (100 + 68 + 50), 4, 3, 2],
      ["r", 3, "search", "q", 0, 0, 0, null, null, null, 3, 2],
    ],
  );
  assert.deepEqual(
    await allRows(store.query(
      "SELECT traces, tokens_per_solved, tokens_per_trace, seconds_per_solved, price, price_per_trace FROM cost WHERE round = 1",
    )),
    [[2, 654, 327, 6, 0.5, 0.25]],
  );
});

Deno.test("checkpoints and lineage say what was made from what", async () => {
  await using made = await newStore();
  const { store, runNo } = made;
  const base = await store.addArtifact(testArtifact({ runNo, roundNo: 0 }));
  const file = await store.addArtifact(
    testArtifact({ kind: "sft", runNo, roundNo: 1, rows: 3, parents: [base] }),
  );
  await store.addArtifact(testArtifact({
    runNo,
    roundNo: 1,
    meta: { calibration: { b: 0.5, tau: 2, fittedOn: "training", groups: 12, problems: 9 } },
    parents: [file, base],
    metrics: [
      { step: 2, name: "loss", value: 0.5 },
      { step: 1, name: "loss", value: 2 },
      { step: 2, name: "pair_accuracy", value: 0.75 },
      { step: 2, name: "pair_accuracy_round_1", value: 0.625 },
    ],
  }));
  assert.deepEqual(
    await allRows(store.query(
      "SELECT artifact_id, round, role, calibration_tau, calibration_fitted_on, calibration_groups, last_loss, pair_accuracy, pair_accuracy_round_1 FROM checkpoints ORDER BY 1",
    )),
    [
      [1, 0, "policy", 2, null, null, null, null, null],
      [3, 1, "policy", 2, "training", 12, 0.5, 0.75, 0.625],
    ],
  );
  assert.deepEqual(
    await allRows(store.query(
      "SELECT artifact_id, made_from_id, distance, made_from_kind FROM lineage ORDER BY ALL",
    )),
    [[2, 1, 1, "checkpoint"], [3, 1, 1, "checkpoint"], [3, 2, 1, "sft"]],
  );
});

Deno.test("evaluations and samples keep graders apart and leave out what the machinery failed", async () => {
  await using made = await newStore();
  const { store, runNo } = made;
  const { evalId } = await store.openEvaluation(testEvaluation({ runNo, roundNo: 1 }));
  await store.writeSamples(
    evalId,
    [
      testSample(1),
      testSample(1, { sample: 1, outcome: "truncated", answer: null }),
      testSample(2),
      testSample(3, { outcome: "infrastructure", answer: null }),
    ],
    [testVerdict(1), testVerdict(2, { correct: false }), testVerdict(2, { grader: "strings" })],
  );
  assert.deepEqual(
    await allRows(store.query(
      `SELECT run, round, grader, problems, samples, right_samples, pass_1, answered, truncated, infrastructure
       FROM evaluations ORDER BY grader`,
    )),
    [
      ["r", 1, "rstar-1", 2, 3, 1, 0.25, 2, 1, 1],
      ["r", 1, "strings", 2, 3, 1, 0.5, 2, 1, 1],
    ],
  );
  assert.deepEqual(
    await allRows(store.query(
      "SELECT problem_id, sample, grader, correct FROM samples ORDER BY ALL",
    )),
    [
      ["test/1", 0, "rstar-1", true],
      ["test/1", 1, null, null],
      ["test/2", 0, "rstar-1", false],
      ["test/2", 0, "strings", true],
      ["test/3", 0, null, null],
    ],
  );
});
