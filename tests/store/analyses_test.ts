import assert from "node:assert/strict";
import type { Json } from "../../lib/core/mod.ts";
import {
  ANALYSES,
  type AnalysisRequest,
  openStore,
  runAnalysis,
  type SqlReader,
  VIEWS,
} from "../../lib/store/mod.ts";
import { testEvaluation, testSample, testVerdict } from "../conformance/store_evaluations.ts";
import { testRun } from "../conformance/store.ts";
import { allRows, prepareRun, temporaryFolder } from "./_files.ts";
import { generatedTree } from "./_generated_tree.ts";
import { answer, type HandNode, handTree } from "./_hand_tree.ts";

/** Some columns of an analysis. */
async function rowsOf(
  reader: SqlReader,
  name: string,
  { columns: wanted, ...request }: AnalysisRequest & { readonly columns: readonly string[] },
): Promise<readonly (readonly (Json | undefined)[])[]> {
  const analysis = ANALYSES.find((one) => one.name === name);
  assert.ok(analysis !== undefined);
  const { columns, batches } = await runAnalysis(reader, analysis, request);
  return (await Array.fromAsync(batches)).flat().map((row) =>
    wanted.map((column) => row[columns.indexOf(column)])
  );
}

/** Solutions of one tree: a step each, and an answer. */
function solutions(
  answers: readonly (readonly [text: string, correct: boolean, ppmLogit?: number])[],
): readonly HandNode[] {
  return answers.flatMap(([text, correct, ppmLogit], i) => [
    { parent: 0 },
    answer(2 * i + 1, text, { correct, ppmLogit: ppmLogit ?? null }),
  ]);
}

Deno.test("every analysis and every example answers on grown trees", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 4);
  for (let i = 0; i < 8; i++) {
    const tree = generatedTree(`test/${(i % 4) + 1}`, 0, i + 1);
    await store.writeTree({ runNo, roundNo: i < 4 ? 1 : 2 }, tree);
  }
  const { evalId } = await store.openEvaluation(testEvaluation({ runNo, roundNo: 1 }));
  await store.writeSamples(evalId, [testSample(1)], [testVerdict(1)]);
  const needsArtifacts = ["checkpoints", "lineage"];
  for (const { name, example } of VIEWS) {
    const rows = await allRows(store.query(example));
    assert.equal(rows.length > 0, !needsArtifacts.includes(name), name);
  }
  for (const analysis of ANALYSES) {
    const count = async (request: AnalysisRequest) =>
      (await allRows(runAnalysis(store, analysis, request))).length;
    const all = await count({});
    const mayBeEmpty = ["suspect-labels", "policy-writes"].includes(analysis.name);
    assert.ok(all > 0 || mayBeEmpty, analysis.name);
    assert.equal(await count({ run: "another" }), 0, analysis.name);
    assert.ok(await count({ run: "r", round: 2 }) <= all, analysis.name);
    if (analysis.parameters.includes("limit")) assert.ok(await count({ limit: 1 }) <= 1);
  }
});

Deno.test("suspect-labels ranks strong agreement on another answer first", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 6);
  const grow = (problem: number, answers: Parameters<typeof solutions>[0], roundNo = 2) =>
    store.writeTree({ runNo, roundNo }, {
      ...handTree(solutions(answers)),
      problemId: `test/${problem}`,
    });
  // Unanimous, and the PPM likes it; one number in three spellings.
  await grow(1, [["7", false, 5], ["7.0", false, 5], ["7", false, 5]]);
  // As many against the reference, but the PPM does not like them.
  await grow(2, [["8", false, -5], ["8", false, -5], ["8", false, -5]]);
  // The reference has as many votes.
  await grow(3, [["9", false, 5], ["9", false, 5], ["4", true, 5], ["4", true, 5]]);
  // One solution alone is no agreement.
  await grow(4, [["1", false, 5], ["2", false, 5]]);
  // A sure policy: eight equal draws were merged into one solution.
  await store.writeTree({ runNo, roundNo: 2 }, {
    ...handTree([{ parent: 0, multiplicity: 8 }, answer(1, "5", { correct: false, ppmLogit: 5 })]),
    problemId: "test/6",
  });
  // Accused in an earlier round only.
  await grow(5, [["3", false, 5], ["3", false, 5]], 1);
  const columns = [
    ...["problem_id", "reference", "answer", "share", "draws", "agreeing", "solutions"],
    "for_reference",
  ];
  assert.deepEqual(await rowsOf(store, "suspect-labels", { columns }), [
    ["test/6", "7", "5", 1, 8, 1, 1, 0],
    ["test/1", "2", "7", 1, 3, 3, 3, 0],
    ["test/2", "3", "8", 1, 3, 3, 3, 0],
  ]);
  assert.deepEqual(await rowsOf(store, "suspect-labels", { columns, round: 1 }), [
    ["test/5", "6", "3", 1, 2, 2, 2, 0],
  ]);
  assert.equal((await rowsOf(store, "suspect-labels", { columns, limit: 1 })).length, 1);
});

Deno.test("suspect-labels takes the score of a program where its answer was judged instead of scored", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 2);
  for (const [problem, ppmLogit] of [[1, -5], [2, 5]] as const) {
    await store.writeTree({ runNo, roundNo: 1 }, {
      ...handTree([{ parent: 0, multiplicity: 8, ppmLogit }, answer(1, "9", { correct: false })]),
      problemId: `test/${problem}`,
    });
  }
  assert.deepEqual(await rowsOf(store, "suspect-labels", { columns: ["problem_id", "mean_ppm"] }), [
    ["test/2", 5],
    ["test/1", -5],
  ]);
});

Deno.test("disagreements lists divided solutions and divided graders", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 2);
  const divided = solutions([["2", true], ["2", true], ["3", false], ["3.0", false], ["5", false]]);
  await store.writeTree({ runNo, roundNo: 0 }, handTree(divided));
  await store.writeTree({ runNo, roundNo: 0 }, {
    ...handTree(solutions([["3", true], ["3", true], ["4", false]])),
    problemId: "test/2",
  });
  const { evalId } = await store.openEvaluation(testEvaluation({ runNo, roundNo: 0 }));
  await store.writeSamples(evalId, [testSample(1), testSample(2)], [
    testVerdict(1),
    testVerdict(1, { grader: "strings", correct: false }),
    testVerdict(2),
    testVerdict(2, { grader: "strings" }),
  ]);
  const columns = ["kind", "problem_id", "sample", "weight", "answers"];
  assert.deepEqual(await rowsOf(store, "disagreements", { columns }), [
    ["solutions", "test/1", null, 2, "2 (2, right); 3 (2)"],
    ["graders", "test/1", 0, 1, "rstar-1: right; strings: wrong"],
  ]);
});

Deno.test("reflection counts left branches and revisions as it says", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 3);
  const branches: readonly HandNode[] = [
    { parent: 0, text: "x", code: "x = 1" }, // 1
    { parent: 0, text: "y", code: "y = 1" }, // 2
    answer(1, "8", { correct: false }), // 3
    answer(1, "9", { correct: false }), // 4
    answer(2, "2", { correct: true }), // 5
  ];
  const rollout = (leafId: number) => ({ leafId, value: leafId === 5 ? 1 : -1 });
  // Two rollouts through the first branch, then right in the second.
  await store.writeTree(
    { runNo, roundNo: 1 },
    handTree(branches, { rollouts: [3, 4, 5].map(rollout) }),
  );
  // One rollout is no favour.
  await store.writeTree({ runNo, roundNo: 1 }, {
    ...handTree(branches, { rollouts: [3, 5, 4].map(rollout) }),
    problemId: "test/2",
  });
  const revising: readonly HandNode[] = [
    { parent: 0, text: "first", code: "total = 1\nif total == 1:\n    print(total)" }, // 1
    { parent: 1, text: "# Wait, that is a mistake", code: "rest = total" }, // 2
    { parent: 1, text: "# the awaited rest", code: "total = 2" }, // 3
    answer(2, "2", { correct: true }),
    answer(3, "3", { correct: false }),
    answer(3, "4", { correct: false }),
  ];
  await store.writeTree({ runNo, roundNo: 2 }, { ...handTree(revising), problemId: "test/3" });
  const columns = ["round", "kind", "counted", "of_all", "right_share", "example_leaf_id"];
  assert.deepEqual(await rowsOf(store, "reflection", { columns }), [
    [1, "says_so", 0, 6, null, null],
    [1, "left_favoured_branch", 1, 2, null, null],
    [1, "assigns_again", 0, 6, null, null],
    [2, "says_so", 1, 3, 1, 4],
    [2, "left_favoured_branch", 0, 1, null, null],
    [2, "assigns_again", 2, 3, 0, 5],
  ]);
});

Deno.test("pair-yield says why groups give no pairs", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 1);
  const tree = handTree([
    { parent: 0, qValue: 0.5 }, // 1
    { parent: 0, qValue: -0.5 }, // 2
    { parent: 1, qValue: 1 }, // 3: only right below node 1
    answer(3, "2", { correct: true, qValue: 1 }),
    { parent: 2, qValue: -1 }, // 5: only wrong below node 2
    { parent: 5, qValue: 0.5, visits: 1 }, // 6: a group with both, without a margin
    { parent: 5, qValue: 0.4, visits: 1 }, // 7
    answer(6, "3", { correct: false, qValue: 0.5 }),
    answer(7, "2", { correct: true, qValue: -1 }),
    { parent: 7, qValue: null, visits: 0 }, // 10: nothing below
  ]);
  await store.writeTree({ runNo, roundNo: 1 }, tree);
  const columns =
    "kind pairs groups giving only_right only_wrong unjudged without_margin pairs_per_tree".split(
      " ",
    );
  assert.deepEqual(await rowsOf(store, "pair-yield", { columns }), [
    ["step", 1, 5, 1, 1, 0, 1, 2, 1],
    ["final", 1, 1, 1, 0, 0, 0, 0, 1],
  ]);
});

Deno.test("hardest, cost, errors and calibration keep runs apart", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 2);
  const other = await store.openRun(testRun({ name: "other" }));
  const hard = handTree(solutions([["7", false], ["7", false], ["8", false]]));
  await store.writeTree({ runNo, roundNo: 1 }, hard);
  await store.writeTree({ runNo: other.runNo, roundNo: 1 }, {
    ...handTree(solutions([["3", true], ["7", false]])),
    problemId: "test/2",
  });
  const columns = ["run", "problem_id", "share_right", "usual_wrong_answer"];
  assert.deepEqual(await rowsOf(store, "hardest", { columns }), [
    ["r", "test/1", 0, "7"],
    ["other", "test/2", 0.5, "7"],
  ]);
  assert.deepEqual(await rowsOf(store, "hardest", { columns, run: "other" }), [
    ["other", "test/2", 0.5, "7"],
  ]);
  assert.deepEqual(
    await rowsOf(store, "cost", {
      columns: ["run", "solved", "tokens", "pairs", "tokens_per_pair"],
    }),
    [["other", 1, 218, 0, null], ["r", 0, 218, 0, null]],
  );
  assert.deepEqual(
    await rowsOf(store, "calibration", { columns: ["run", "source", "bin", "nodes", "success"] }),
    [["other", "q", 0, 2, 0.5], ["r", "q", 0, 3, 0]],
  );
  assert.deepEqual(
    await rowsOf(store, "q-by-depth", { run: "r", columns: ["depth", "nodes", "success"] }),
    [[1, 3, 0], [2, 3, 0]],
  );
});

Deno.test("errors show what failed, whatever it was: no cell of message or text is empty", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 1);
  const failed = { kind: "failed", terminal: true, closed: true } as const;
  const execution = {
    status: "timeout",
    stdout: "",
    errorType: null,
    errorMessage: null,
    errorLine: null,
    wallMs: 1,
    cpuMs: 1,
    cached: false,
  } as const;
  await store.writeTree(
    { runNo, roundNo: 1 },
    handTree([
      { ...failed, parent: 0, status: "unparsable", text: "The sum is 3." },
      { ...failed, parent: 0, status: "truncated", text: " \n" },
      { parent: 0, status: "code_error", text: "print(y)", code: "print(y)", execution },
    ]),
  );
  const columns = ["status", "example_message", "example_text"];
  assert.deepEqual((await rowsOf(store, "errors", { columns })).toSorted(), [
    ["code_error", "timeout", "print(y)"],
    ["truncated", "cut at the limit of tokens", "(an empty text)"],
    ["unparsable", "not in the format of a step or answer", "The sum is 3."],
  ]);
});

Deno.test("policy-writes tells what drawn texts stand for, and repeats what merged draws cost", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 6);
  const forks = (probability: number, mass: number, massQ: number) => ({
    policyLogprob: Math.log(probability),
    mass,
    massQ,
  });
  const tree = handTree([
    { parent: 0, forks: forks(0.5, 0.6, 1), generatedTokens: 4, multiplicity: 2 },
    answer(1, "5", { correct: true, forks: forks(0.5, 0.6, 1), generatedTokens: 3 }),
    { parent: 0, forks: forks(0.25, 0.3, -1), generatedTokens: 4 },
    answer(3, "6", { correct: false, forks: forks(1, 0.3, -1), generatedTokens: 3 }),
    {
      parent: 0,
      forks: forks(0.0625, 0.1, -1),
      status: "code_error",
      terminal: true,
      generatedTokens: 2,
    },
  ]);
  const [root, ...below] = tree.nodes;
  assert.ok(root !== undefined);
  await store.writeTree({ runNo, roundNo: 1 }, {
    ...tree,
    nodes: [{ ...root, forks: forks(1, 1, 0.2) }, ...below],
    usage: { ...tree.usage, generatedTokens: 20 },
    forks: { openMass: 0.125, skipped: 1 },
  });
  const read = await store.readTree({ runNo, roundNo: 1 }, { problemId: "test/1", seed: 0 });
  assert.deepEqual([read?.forks, read?.nodes[1]?.forks], [
    { openMass: 0.125, skipped: 1 },
    forks(0.5, 0.6, 1),
  ]);
  const shares = ["right", "wrong", "failed", "seen_right", "seen_wrong", "seen_failed", "open"];
  const [row] = await rowsOf(store, "policy-writes", { columns: shares });
  assert.deepEqual(row?.map((value) => Number(Number(value).toFixed(9))), [
    0.6,
    0.3,
    0.1,
    0.25,
    0.25,
    0.0625,
    0.125,
  ]);
  const columns = [
    "generated_tokens",
    "kept_tokens",
    "repeated_tokens",
    "share_repeated",
    "draws",
    "nodes",
  ];
  assert.deepEqual(await rowsOf(store, "repeats", { columns }), [[20, 16, 4, 0.2, 6, 5]]);
});
