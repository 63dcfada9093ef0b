import assert from "node:assert/strict";
import type { NodeRecord, TreeRecord } from "../../lib/core/mod.ts";
import { chooseAnswer, FINAL_RULES } from "../../lib/search/mod.ts";

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
 * Path means: 7: 0.5, 8: 1, 9: 0, 8 again: 0.25.
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
  const weight = (logit: number) => (1 + Math.tanh(logit)) / 2;
  const steps = weight(2) + weight(-3) + weight(1);
  const expected = weight(2) / steps * weight(0) / (weight(-1) + weight(0)) + weight(1) / steps;
  assert.ok(Math.abs((choose("weighted-vote")?.score ?? 0) - expected) < 1e-12);
});

/** The tree with other numbers of draws: by node id. */
const drawn = (counts: Readonly<Record<number, number>>): TreeRecord => ({
  ...tree,
  nodes: tree.nodes.map((one) => ({ ...one, multiplicity: counts[one.nodeId] ?? 1 })),
});

Deno.test("chooseAnswer() lets equal candidates that became one node vote as the draws they were", () => {
  // Weights of the steps: 0.982, 0.0025, 0.881; of the answers of step 1: 0.119 and 0.5.
  assert.equal(choose("weighted-vote", drawn({ 2: 200 }))?.answer, "8");
  assert.equal(choose("weighted-vote", drawn({ 2: 900 }))?.answer, "9");
  assert.equal(choose("weighted-vote", drawn({ 1: 9, 4: 9 }))?.answer, "7");
  // What leads to no answer takes no part of its parent's share.
  assert.deepEqual(choose("weighted-vote", drawn({ 8: 7 })), choose("weighted-vote"));
});

Deno.test("chooseAnswer() lets everybody vote when the PPM is sure that all of them are wrong", () => {
  const hopeless = {
    ...tree,
    nodes: tree.nodes.map((one) => one.ppmLogit === null ? one : { ...one, ppmLogit: -1000 }),
  };
  assert.equal(choose("weighted-vote", hopeless)?.answer, "8");
  assert.ok(Math.abs((choose("weighted-vote", hopeless)?.score ?? 0) - (1 / 6 + 1 / 3)) < 1e-12);
});

Deno.test("chooseAnswer() takes the policy's majority where there is no PPM", () => {
  const plain = (of: TreeRecord) => ({
    ...of,
    nodes: of.nodes.map((one) => ({ ...one, ppmLogit: null, qValue: null })),
  });
  assert.equal(choose("weighted-vote", plain(drawn({ 2: 3 })))?.answer, "9");
  assert.equal(choose("weighted-vote", plain(tree))?.answer, "8");
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
