import assert from "node:assert/strict";
import { limitRollouts } from "../../lib/export/mod.ts";
import { answer, tree } from "./_trees.ts";

const TREE = tree([
  { parent: 0, text: "A", kw: [2, 0] },
  { parent: 0, text: "B", kw: [1, -1] },
  answer(1, true),
  answer(1, false),
  answer(2, false),
  { parent: 1, status: "code_error", kw: [0, 0] },
  { parent: 2, status: "code_error", kw: [0, 0] },
]);

const ROLLOUTS = [
  { leafId: 3, value: 1 },
  { leafId: null, value: 0 },
  { leafId: 4, value: -1 },
  { leafId: 5, value: -1 },
];

const shown = (count: number) =>
  limitRollouts(TREE, ROLLOUTS.slice(0, count)).nodes.map((node) => [
    node.nodeId,
    node.visits,
    node.valueSum,
    node.qValue,
    node.rightAnswers,
    node.wrongAnswers,
  ]);

Deno.test("limitRollouts() sees what the first rollouts saw", () => {
  assert.deepEqual(shown(2), [
    [0, 1, 1, 1, 1, 0],
    [1, 1, 1, 1, 1, 0],
    [3, 1, 1, 1, 1, 0],
    [6, 0, 0, null, 0, 0],
  ]);
  assert.deepEqual(shown(0), [[0, 0, 0, null, 0, 0]]);
});

Deno.test("limitRollouts() by all rollouts gives the statistics of the tree itself", () => {
  const limited = limitRollouts(TREE, ROLLOUTS);
  const [, ...steps] = TREE.nodes;
  assert.deepEqual(limited.nodes.slice(1), steps);
  assert.deepEqual(shown(4)[0], [0, 3, -1, -1 / 3, 1, 2]);
});
