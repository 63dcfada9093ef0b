import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeRecord } from "../../lib/core/mod.ts";
import { deriveNodes } from "../../lib/store/_derive.ts";
import { testTree } from "../conformance/store.ts";
import { generatedTree } from "./_generated_tree.ts";

function pathTo(nodes: readonly NodeRecord[], node: NodeRecord): readonly NodeRecord[] {
  const parent = node.parentId === null ? undefined : nodes[node.parentId];
  return parent === undefined ? [] : [...pathTo(nodes, parent), node];
}

Deno.test("deriveNodes() agrees with walking the tree for every node", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), (seed) => {
      const { nodes } = generatedTree("test/1", 0, seed);
      for (const { node, derived } of deriveNodes(nodes)) {
        const qs = pathTo(nodes, node).map(({ qValue }) => qValue);
        const below = nodes.filter((other) =>
          other.nodeId === node.nodeId || pathTo(nodes, other).includes(node) || node.nodeId === 0
        );
        assert.deepEqual(derived, {
          pathMinQ: qs.length === 0 || qs.includes(null)
            ? null
            : Math.min(...qs.map((q) => q ?? NaN)),
          rightAnswers: below.filter(({ correct }) => correct === true).length,
          wrongAnswers: below.filter(({ correct }) => correct === false).length,
        });
      }
    }),
    { numRuns: 5 },
  );
});

Deno.test("deriveNodes() refuses a tree in which a parent comes after its child", () => {
  const { nodes } = testTree("test/1", 0);
  assert.throws(() => deriveNodes([...nodes].reverse()), {
    name: "StoreError",
    message: "Cannot store a tree: expected node 0 after its parent, got node 4 of parent 0",
  });
});
