import assert from "node:assert/strict";
import { newRoot } from "../../lib/search/_new_child.ts";
import type { TreeNode } from "../../lib/search/_node.ts";
import { bestNewChild, childScore, selectChild } from "../../lib/search/_select.ts";
import { meanValue, priorValue, totalValue, visitCount } from "../../lib/search/_values.ts";

const scale = { bias: 0, scale: 1 };
const uct = { rule: "uct", exploration: 2, calibration: scale } as const;
const released = { ...uct, rule: "released" } as const;

function parentOf(children: readonly Partial<TreeNode>[], more: Partial<TreeNode> = {}): TreeNode {
  const parent: TreeNode = { ...newRoot(), drawBatches: 1, ...more };
  parent.children = children.map((child, drawIndex) => ({
    ...newRoot(),
    parent,
    drawIndex,
    ...child,
  }));
  return parent;
}

function chosen(parent: TreeNode, options: Parameters<typeof selectChild>[1]): number | undefined {
  return selectChild(parent, options)?.drawIndex;
}

Deno.test("values: a PPM score counts as one visit and as a value on the scale of end values", () => {
  const scored = { visits: 3, valueSum: 1, logit: 0.5 };
  assert.equal(visitCount(scored), 4);
  assert.equal(totalValue(scored, scale), Math.tanh(0.5) + 1);
  assert.equal(meanValue(scored, scale), (Math.tanh(0.5) + 1) / 4);
  assert.equal(meanValue({ visits: 4, valueSum: 1, logit: null }, scale), 0.25);
  assert.equal(meanValue({ visits: 0, valueSum: 0, logit: null }, scale), null);
  assert.equal(priorValue(6, { bias: 1, scale: 5 }), Math.tanh(1));
});

Deno.test("childScore() is Q + c sqrt(ln N_parent / N), and infinite for a child without visits", () => {
  const parent = parentOf([{ visits: 2, valueSum: 1 }, {}], { visits: 5 });
  const [visited, fresh] = parent.children as [TreeNode, TreeNode];
  assert.equal(childScore(visited, uct), 0.5 + 2 * Math.sqrt(Math.log(5) / 2));
  assert.equal(childScore(fresh, uct), Infinity);
  assert.equal(childScore(fresh, released), 0);
  const first = parentOf([{ visits: 1, valueSum: -1 }], { visits: 0 });
  assert.equal(childScore(first.children[0] as TreeNode, uct), -1);
  assert.equal(childScore(first.children[0] as TreeNode, released), -1);
});

Deno.test("childScore() counts rollouts in flight as losses, above and below", () => {
  const parent = parentOf([{ visits: 2, valueSum: 2, inFlight: 1 }], { visits: 4, inFlight: 2 });
  assert.equal(
    childScore(parent.children[0] as TreeNode, uct),
    1 / 3 + 2 * Math.sqrt(Math.log(6) / 3),
  );
});

Deno.test("selectChild() never takes a child without open leaves", () => {
  const parent = parentOf([{ openLeaves: 0 }, { visits: 9, valueSum: -9 }, { openLeaves: 0 }]);
  assert.equal(chosen(parent, uct), 1);
  assert.equal(chosen(parentOf([{ openLeaves: 0 }]), uct), undefined);
});

Deno.test("selectChild() breaks ties by status, logit, draw", () => {
  assert.equal(chosen(parentOf([{}, {}]), uct), 0);
  assert.equal(chosen(parentOf([{ status: "code_error" }, {}]), uct), 1);
  assert.equal(chosen(parentOf([{ status: "code_error" }, {}]), released), 0);
  // tanh(40) and tanh(50) are both 1: the raw logit still tells.
  assert.equal(chosen(parentOf([{ logit: 40 }, { logit: 50 }]), uct), 1);
});

Deno.test("selectChild() of the released code goes back to a wrong step rather than try a fresh one", () => {
  // N_parent = 2: -1 + 2 sqrt(ln 2) = 0.665 against 0 for a step that nothing has tried.
  const parent = parentOf([{ visits: 1, valueSum: -1 }, {}], { visits: 2 });
  assert.equal(chosen(parent, released), 0);
  assert.equal(chosen(parent, uct), 1);
});

Deno.test("bestNewChild() takes the highest logit, or the first draw, and skips what failed", () => {
  const children = (list: readonly Partial<TreeNode>[]) => parentOf(list).children;
  assert.equal(bestNewChild(children([{ closed: true }, {}, {}]))?.drawIndex, 1);
  assert.equal(bestNewChild(children([{ logit: 1 }, { logit: 3 }, { logit: 2 }]))?.drawIndex, 1);
  assert.equal(bestNewChild(children([{ closed: true }])), null);
});
