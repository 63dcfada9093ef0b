import assert from "node:assert/strict";
import { newRoot } from "../../lib/search/_new_child.ts";
import type { TreeNode } from "../../lib/search/_node.ts";
import { bestNewChild, childScore, selectChild } from "../../lib/search/_select.ts";
import { meanValue, priorValue, totalValue, visitCount } from "../../lib/search/_values.ts";

const scale = { bias: 0, scale: 1 };
const uct = { rule: "uct", exploration: 2, calibration: scale } as const;
const released = { ...uct, rule: "released" } as const;
const puct = { ...uct, rule: "puct" } as const;
const draws = 8;

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
  assert.equal(childScore(visited, { ...uct, draws }), 0.5 + 2 * Math.sqrt(Math.log(5) / 2));
  assert.equal(childScore(fresh, { ...uct, draws }), Infinity);
  assert.equal(childScore(fresh, { ...released, draws }), 0);
  const first = parentOf([{ visits: 1, valueSum: -1 }], { visits: 0 });
  assert.equal(childScore(first.children[0] as TreeNode, { ...uct, draws }), -1);
  assert.equal(childScore(first.children[0] as TreeNode, { ...released, draws }), -1);
});

Deno.test("childScore() counts rollouts in flight as losses, above and below", () => {
  const parent = parentOf([{ visits: 2, valueSum: 2, inFlight: 1 }], { visits: 4, inFlight: 2 });
  assert.equal(
    childScore(parent.children[0] as TreeNode, { ...uct, draws }),
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

Deno.test("childScore() of puct is Q + c P sqrt(N_parent) / (1 + N), and Q = 0 without visits", () => {
  const parent = parentOf([{ visits: 3, valueSum: -1, multiplicity: 6 }, { multiplicity: 2 }], {
    visits: 4,
  });
  const [often, rare] = parent.children as [TreeNode, TreeNode];
  assert.equal(childScore(often, { ...puct, draws }), -1 / 3 + 2 * (6 / 8) * 2 / 4);
  assert.equal(childScore(rare, { ...puct, draws }), 2 * (2 / 8) * 2);
  // In flight: N + 1, q - 1, and one more at the parent.
  const busy = parentOf([{ visits: 1, valueSum: 1, inFlight: 1, multiplicity: 4 }], {
    visits: 2,
    inFlight: 2,
  });
  assert.equal(childScore(busy.children[0] as TreeNode, { ...puct, draws }), 2 * (4 / 8) * 2 / 3);
});

Deno.test("selectChild() of puct weighs the draws that were equal against the values", () => {
  const drawnOften = [{ multiplicity: 7 }, { multiplicity: 1 }];
  assert.equal(chosen(parentOf(drawnOften, { draws, visits: 1 }), puct), 0);
  assert.equal(chosen(parentOf([...drawnOften].reverse(), { draws, visits: 1 }), puct), 1);
  const refuted = [{ multiplicity: 7, visits: 4, valueSum: -4 }, { multiplicity: 1 }];
  assert.equal(chosen(parentOf(refuted, { draws, visits: 4 }), puct), 1);
});

/** An expansion of a node that was drawn for the first time. */
const expanded = (list: readonly Partial<TreeNode>[]) => {
  const node = parentOf([]);
  return { node, draws, created: parentOf(list).children.map((one) => ({ ...one, parent: node })) };
};

Deno.test("bestNewChild() takes the highest logit, or the first draw, and skips what failed", () => {
  const best = (list: readonly Partial<TreeNode>[]) => bestNewChild(expanded(list), uct)?.drawIndex;
  assert.equal(best([{ closed: true }, {}, {}]), 1);
  assert.equal(best([{ logit: 1 }, { logit: 3 }, { logit: 2 }]), 1);
  assert.equal(best([{ closed: true }]), undefined);
});

Deno.test("bestNewChild() of puct takes a likely step unless the PPM finds another one much better", () => {
  const best = (list: readonly Partial<TreeNode>[]) =>
    bestNewChild(expanded(list), puct)?.drawIndex;
  assert.equal(best([{ multiplicity: 1, logit: 0.2 }, { multiplicity: 7, logit: 0 }]), 1);
  assert.equal(best([{ multiplicity: 1, logit: 1 }, { multiplicity: 7, logit: -1 }]), 0);
  assert.equal(best([{ multiplicity: 2, status: "code_error" }, {}]), 1);
  assert.equal(best([{ closed: true, multiplicity: 7 }]), undefined);
});
