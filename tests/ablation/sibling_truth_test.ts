import assert from "node:assert/strict";
import { truePreference } from "../../lib/ablation/_sibling_truth.ts";
import type { ExportedNode, ExportedProblem } from "../../lib/export/mod.ts";

const node = (
  nodeId: number,
  parentId: number | null,
  score: number | null,
  correct: boolean | null = null,
): ExportedNode => ({
  nodeId,
  parentId,
  score,
  correct,
  kind: correct === null ? "step" : "answer",
  status: "ok",
  text: `${nodeId}`,
  code: null,
  visits: 1,
  valueSum: 0,
  qValue: null,
  rightAnswers: 0,
  wrongAnswers: 0,
  generatedTokens: 1,
});

const problem = (nodes: readonly ExportedNode[]): ExportedProblem => ({
  problemId: "p",
  source: "s",
  question: "q",
  trees: [{ treeId: "7", round: 1, seed: 0, nodes }],
});

// The root's steps 1 (true), 2 and 3 (false); below 1: 4 (true), 5 (false); below 2: 6 and 7, where nothing can be told.
const NODES = [
  node(0, null, null),
  node(1, 0, 2),
  node(2, 0, 1),
  node(3, 0, 2),
  node(4, 1, 0),
  node(5, 1, 5),
  node(6, 2, 0),
  node(7, 2, 9),
  node(8, 3, 1, false),
  node(9, 4, 1, true),
  node(10, 5, 1, false),
  node(11, 6, 1, false),
  node(12, 7, 1, true),
];
const TRUTHS = new Map([[
  "7",
  new Map([[1, true], [2, false], [3, false], [4, true], [5, false], [6, true], [7, false]]),
]]);

Deno.test("truePreference() counts pairs behind prefixes without a false step, equal scores half", () => {
  // 1 before 2 right, 1 before 3 equal, 4 before 5 wrong; 6 and 7 stand behind a false step.
  assert.equal(truePreference(problem(NODES), TRUTHS).get("all"), (1 + 0.5 + 0) / 3);
});

Deno.test("truePreference() tells a false step of another move from one with another number or name", () => {
  const steps = [
    ["b = a + (15 - 8 + 1) * 2", 1, true],
    ["b = a + (15 - 9 + 1) * 2  # copied wrongly", 2, false],
    ["c = a+(15 - 8 + 1)*2", 0, false],
    ["b = a + (15 - 8) * 2", 0, false],
  ] as const;
  const nodes = steps.map(([code, score], i) => ({ ...node(i + 1, 0, score), code }));
  const answers = steps.map(([, , isTrue], i) => node(i + 9, i + 1, 0, isTrue));
  const truths = new Map([["7", new Map(steps.map(([, , isTrue], i) => [i + 1, isTrue]))]]);
  assert.deepEqual(
    Object.fromEntries(
      truePreference(problem([node(0, null, null), ...nodes, ...answers]), truths),
    ),
    { "all": 2 / 3, "another move": 1, "another number": 1 / 2 },
  );
});

Deno.test("truePreference() has nothing to say without truths, scores or pairs", () => {
  assert.equal(truePreference(problem(NODES), new Map()).size, 0);
  const unscored = NODES.map((one) => ({ ...one, score: null }));
  assert.equal(truePreference(problem(unscored), TRUTHS).size, 0);
  const alike = new Map([["7", new Map([[1, true], [2, true], [3, true], [4, true], [5, true]])]]);
  assert.equal(truePreference(problem(NODES), alike).size, 0);
});
