import assert from "node:assert/strict";
import type { NodeRecord, TreeRecord } from "../../lib/core/mod.ts";
import { chooseAnswer, FINAL_RULES, treeAnswers, voteAcrossTrees } from "../../lib/search/mod.ts";

const calibration = { bias: 0, scale: 1 };
const answerKey = (answer: string) => answer;

function node(nodeId: number, parentId: number | null, more: Partial<NodeRecord>): NodeRecord {
  return {
    nodeId,
    parentId,
    depth: 0,
    kind: "step",
    status: "ok",
    text: "",
    code: null,
    execution: null,
    visits: 0,
    valueSum: 0,
    ppmLogit: null,
    qValue: null,
    pathQ: null,
    multiplicity: 1,
    drawIndex: 0,
    terminal: false,
    closed: false,
    correct: null,
    answer: null,
    generatedTokens: 0,
    ...more,
  };
}

/**
 * Step 1 (logit 2, 3 visits) has the answers 7 (logit -1, 1 visit) and 8 (logit 0, 1 visit); step 2 (logit -3, 1 visit) has 9
 * (logit 3, 1 visit); step 3 (no visit, logit 1) has 8 again (logit -0.5).
 * Path means: 7: 0.5, 8: 1, 9: 0, 8 again: 0.25. Weights (1 + mean tanh) / 2:
 * 7: (1 + (0.964 - 0.762) / 2) / 2 = 0.55; 8: (1 + 0.482) / 2 = 0.741 and (1 + (0.762 - 0.462) / 2) / 2 = 0.575; 9: 0.5.
 */
const tree: TreeRecord = {
  problemId: "p",
  seed: 0,
  nodes: [
    node(0, null, { kind: "root", visits: 4 }),
    node(1, 0, { ppmLogit: 2, visits: 2 }),
    node(2, 0, { ppmLogit: -3, visits: 2 }),
    node(3, 0, { ppmLogit: 1 }),
    node(4, 1, { kind: "answer", answer: "7", ppmLogit: -1, visits: 1, qValue: -0.7 }),
    node(5, 1, { kind: "answer", answer: "8", ppmLogit: 0, visits: 1, qValue: 0 }),
    node(6, 2, { kind: "answer", answer: "9", ppmLogit: 3, visits: 1, qValue: 0.9 }),
    node(7, 3, { kind: "answer", answer: "8", ppmLogit: -0.5 }),
    node(8, 3, { kind: "failed", status: "unparsable", ppmLogit: null }),
  ],
  rollouts: [],
  stopReason: "budget",
  correctTerminals: 0,
  wrongTerminals: 0,
  firstCorrectRollout: null,
  usage: {
    policyRequests: 0,
    promptTokens: 0,
    generatedTokens: 0,
    ppmRequests: 0,
    ppmTokens: 0,
    executions: 0,
    executionsCached: 0,
    policySeconds: 0,
    ppmSeconds: 0,
    sandboxSeconds: 0,
    price: null,
  },
  wallMs: 0,
};

const choose = (rule: typeof FINAL_RULES[number], of = tree) =>
  chooseAnswer(of, { rule, calibration, answerKey });

Deno.test("chooseAnswer() takes the answer that each rule asks for", () => {
  assert.deepEqual(choose("logit"), { answer: "9", nodeId: 6, score: 3 });
  assert.deepEqual(choose("path-mean"), { answer: "8", nodeId: 5, score: 1 });
  // Equal visits of steps 1 and 2, both without a Q: the lower index; then the higher Q.
  assert.deepEqual(choose("visits"), { answer: "8", nodeId: 5, score: 1 });
  assert.equal(choose("weighted-vote")?.answer, "8");
  const weight = (a: number, b: number) => (1 + (Math.tanh(a) + Math.tanh(b)) / 2) / 2;
  assert.equal(choose("weighted-vote")?.score, weight(2, 0) + weight(1, -0.5));
});

Deno.test("chooseAnswer() is null for a tree without an answer, and takes the first without a PPM", () => {
  const none = { ...tree, nodes: tree.nodes.filter((n) => n.kind !== "answer") };
  const plain = { ...tree, nodes: tree.nodes.map((n) => ({ ...n, ppmLogit: null, visits: 0 })) };
  for (const rule of FINAL_RULES) {
    assert.equal(choose(rule, none), null);
    assert.notEqual(choose(rule, plain), null);
  }
  assert.equal(choose("logit", plain)?.answer, "7");
});

Deno.test("chooseAnswer() prefers more visits between equal logits", () => {
  const tied = {
    ...tree,
    nodes: tree.nodes.map((n) =>
      n.kind === "answer" ? { ...n, ppmLogit: 1, visits: n.nodeId === 5 ? 2 : 1 } : n
    ),
  };
  assert.equal(choose("logit", tied)?.nodeId, 5);
});

Deno.test("voteAcrossTrees() follows best PPM, majority, or weights", () => {
  const answers = [
    { answer: "1", nodeId: 1, score: 2, weight: 0.9 },
    { answer: "2", nodeId: 1, score: 1, weight: 0.2 },
    { answer: "2", nodeId: 1, score: 0, weight: 0.3 },
    { answer: "3", nodeId: 1, score: -1, weight: 0.1 },
  ];
  const vote = (rule: "best-ppm" | "majority" | "ppm-weighted") =>
    voteAcrossTrees(answers, { rule, answerKey });
  assert.deepEqual([vote("best-ppm"), vote("majority"), vote("ppm-weighted")], ["1", "2", "1"]);
  assert.equal(voteAcrossTrees([], { rule: "majority", answerKey }), null);
});

Deno.test("treeAnswers() lists every answer with its weight", () => {
  const weights = treeAnswers(tree, { calibration }).map((
    a,
  ) => [a.answer, Math.round(a.weight * 1000)]);
  assert.deepEqual(weights, [["7", 551], ["8", 741], ["9", 500], ["8", 575]]);
});
