import assert from "node:assert/strict";
import fc from "fast-check";
import { nextNode } from "../../../lib/viewer/client/keyboard.ts";
import { colourOf, shapeOf } from "../../../lib/viewer/client/marks.ts";
import {
  bestPath,
  bounds,
  buildTree,
  type DrawnNode,
  layOut,
} from "../../../lib/viewer/client/tree_model.ts";
import { columnsOf } from "./_columns.ts";

/** Two steps below the root, the second with two answers: 0 -> 1, 2; 2 -> 3 (right), 4 (wrong). */
const SMALL = columnsOf([
  { parent: null },
  { parent: 0, q: 0.1 },
  { parent: 0, q: 0.5 },
  { parent: 2, q: 1, kind: "answer", correct: true },
  { parent: 2, q: -1, kind: "answer", correct: false },
]);

const NOTHING: ReadonlySet<number> = new Set();

Deno.test("layOut() places children to the right of their parent, in the order of their ids", () => {
  const placed = layOut(buildTree(SMALL), NOTHING);
  assert.deepEqual(placed.map(({ node }) => node.id), [0, 1, 2, 3, 4]);
  for (const { parent, x } of placed) assert.ok(parent === null || x > parent.x);
  const [, one, two, three, four] = placed;
  assert.ok(one && two && one.y < two.y);
  assert.ok(three && four && three.y < four.y);
});

Deno.test("layOut() folds a branch away and counts what it hides", () => {
  const placed = layOut(buildTree(SMALL), new Set([2]));
  assert.deepEqual(placed.map(({ node, folded }) => [node.id, folded]), [[0, 0], [1, 0], [2, 2]]);
  assert.deepEqual(layOut(buildTree(SMALL), new Set([0])).map(({ folded }) => folded), [4]);
});

Deno.test("no two nodes lie upon each other, and all lie within the bounds", () => {
  const trees = fc.array(fc.nat(), { maxLength: 200 }).map((parents) =>
    columnsOf([{ parent: null }, ...parents.map((parent, i) => ({ parent: parent % (i + 1) }))])
  );
  fc.assert(
    fc.property(trees, (columns) => {
      const placed = layOut(buildTree(columns), NOTHING);
      assert.equal(placed.length, columns.id.length);
      assert.equal(new Set(placed.map(({ x, y }) => `${x} ${y.toFixed(3)}`)).size, placed.length);
      const { left, top, right, bottom } = bounds(placed);
      assert.ok(
        placed.every(({ x, y }) => x >= left && x <= right && y >= top && y <= bottom),
      );
    }),
    { numRuns: 50 },
  );
});

Deno.test("bestPath() leads to the right answer of highest mean Q; there is none without one", () => {
  assert.deepEqual([...bestPath(buildTree(SMALL))], [0, 2, 3]);
  const two = columnsOf([
    { parent: null },
    { parent: 0, q: 0.1 },
    { parent: 1, q: 0.9, kind: "answer", correct: true },
    { parent: 0, q: 0.6, kind: "answer", correct: true },
    { parent: 0, q: 1, kind: "answer", correct: false },
  ]);
  assert.deepEqual([...bestPath(buildTree(two))], [0, 3]);
  assert.equal(bestPath(buildTree(columnsOf([{ parent: null }]))).size, 0);
});

Deno.test("arrow keys lead to parent, child and neighbours; the ends hold", () => {
  const placed = layOut(buildTree(SMALL), NOTHING);
  const from = (chosen: number, key: string) => nextNode(placed, chosen, key);
  assert.equal(from(0, "ArrowRight"), 1);
  assert.equal(from(1, "ArrowDown"), 2);
  assert.equal(from(2, "ArrowUp"), 1);
  assert.equal(from(2, "ArrowRight"), 3);
  assert.equal(from(4, "ArrowLeft"), 2);
  assert.equal(from(0, "ArrowLeft"), null);
  assert.equal(from(4, "ArrowRight"), null);
  assert.equal(from(4, "ArrowDown"), null);
  assert.equal(from(1, "x"), null);
  assert.equal(from(99, "ArrowUp"), 0, "what is folded away leads to the root");
});

Deno.test("shapes tell what became of a node", () => {
  const node: DrawnNode = {
    id: 1,
    children: [],
    kind: "step",
    status: "ok",
    visits: 1,
    q: 0,
    correct: null,
  };
  assert.equal(shapeOf(node), "circle");
  assert.equal(shapeOf({ ...node, kind: "answer", correct: true }), "tick");
  assert.equal(shapeOf({ ...node, kind: "answer", correct: false }), "cross");
  assert.equal(shapeOf({ ...node, status: "code_error" }), "triangle");
  assert.equal(shapeOf({ ...node, status: "truncated" }), "diamond");
  assert.equal(shapeOf({ ...node, status: "screened_out" }), "ring");
});

Deno.test("colours go from orange to purple and are grey without a Q", () => {
  const parts = (q: number) => (colourOf(q).match(/\d+/g) ?? []).map(Number);
  const [red = 0, , blue = 0] = parts(-1);
  assert.ok(red > blue + 100);
  const [red2 = 0, , blue2 = 0] = parts(1);
  assert.ok(blue2 > red2 + 30);
  assert.equal(colourOf(-7), colourOf(-1));
  assert.equal(colourOf(null), "#9aa0a6");
});
