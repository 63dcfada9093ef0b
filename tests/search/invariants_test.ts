/** Invariants of every tree, over worlds in which anything can happen. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, type Json, type NodeRecord, type TreeRecord } from "../../lib/core/mod.ts";
import type { SearchSpec } from "../../lib/search/mod.ts";
import { randomPolicy, randomPpm, search, slowInterpret } from "./_doubles.ts";

const specs = fc.record({
  candidates: fc.integer({ min: 1, max: 5 }),
  answerCandidates: fc.integer({ min: 1, max: 3 }),
  rollouts: fc.integer({ min: 1, max: 24 }),
  maxDepth: fc.integer({ min: 1, max: 5 }),
  maxDrawBatches: fc.integer({ min: 1, max: 4 }),
  errorsAllowed: fc.integer({ min: 0, max: 2 }),
  merge: fc.boolean(),
  codeAfterOutput: fc.boolean(),
  earlyStop: fc.boolean(),
  propagateFailures: fc.boolean(),
  selection: fc.constantFrom("uct" as const, "puct" as const, "released" as const),
  guidance: fc.constantFrom("terminal" as const, "ppm" as const),
  draws: fc.constantFrom("all" as const, "first-answer" as const),
  closing: fc.constantFrom("at-once" as const, "when-met" as const),
  failedPrograms: fc.constantFrom("end" as const, "go-on" as const),
});

function grow(spec: Partial<SearchSpec>, seed: number, order = 0): Promise<TreeRecord> {
  return search(randomPolicy(order), {
    spec,
    seed,
    ppm: spec.guidance === "ppm" ? randomPpm(order) : null,
    script: slowInterpret(order),
  });
}

function childrenOf(tree: TreeRecord, node: NodeRecord): readonly NodeRecord[] {
  return tree.nodes.filter((child) => child.parentId === node.nodeId);
}

Deno.test("searchTree() keeps the visit identity, values within bounds and its counts", async () => {
  await fc.assert(
    fc.asyncProperty(specs, fc.integer({ min: 0, max: 4095 }), async (spec, seed) => {
      const tree = await grow(spec, seed);
      for (const [i, node] of tree.nodes.entries()) {
        assert.equal(node.nodeId, i);
        assert.ok(node.parentId === null ? i === 0 : node.parentId < i);
        const children = childrenOf(tree, node);
        const ended = tree.rollouts.filter((r) => r.leafId === i);
        const below = (of: (n: NodeRecord) => number) =>
          children.reduce((sum, c) => sum + of(c), 0);
        assert.equal(node.visits, below((c) => c.visits) + ended.length);
        assert.equal(
          node.valueSum,
          below((c) => c.valueSum) + ended.reduce((sum, r) => sum + r.value, 0),
        );
        assert.ok(node.qValue === null || Math.abs(node.qValue) <= 1);
        assert.ok(node.pathQ === null || Math.abs(node.pathQ) <= 1);
        if (
          node.status === "unparsable" || node.status === "truncated" || node.status === "too_deep"
        ) {
          assert.deepEqual([node.visits, node.qValue, node.closed, children.length], [
            0,
            -1,
            true,
            0,
          ]);
        }
        if (node.kind === "answer") {
          assert.ok(node.visits <= 1 && children.length === 0);
          // Its Q is its judgement, and a PPM was not asked for it.
          if (node.status === "ok") assert.equal(node.qValue, node.correct === true ? 1 : -1);
          assert.equal(node.ppmLogit, null);
        }
        if (node.closed && children.length > 0) assert.ok(children.every((c) => c.closed));
        assert.equal(new Set(children.map((c) => c.drawIndex)).size, children.length);
      }
      assert.ok(tree.rollouts.length <= spec.rollouts);
      const arrived = tree.nodes.filter((n) => n.kind === "answer" && n.visits === 1);
      assert.equal(tree.correctTerminals, arrived.filter((n) => n.correct === true).length);
      assert.equal(tree.wrongTerminals, arrived.filter((n) => n.correct === false).length);
    }),
    { seed: 1, numRuns: 150 },
  );
});

Deno.test("searchTree() gives the same tree for the same seed and replies, whatever their timing, for every window", async () => {
  await fc.assert(
    fc.asyncProperty(
      specs,
      fc.constantFrom(1, 2, 4),
      fc.integer({ min: 0, max: 4095 }),
      fc.integer({ min: 1, max: 1_000_000 }),
      async (spec, window, seed, order) => {
        const atOnce = await grow({ ...spec, window }, seed);
        const delayed = await grow({ ...spec, window }, seed, order);
        const again = await grow({ ...spec, window }, seed, order + 1);
        assert.equal(canonical(delayed), canonical(atOnce));
        assert.equal(canonical(again), canonical(atOnce));
      },
    ),
    { seed: 1, numRuns: 100 },
  );
});

Deno.test("searchTree() grows different trees for different seeds", async () => {
  const spec = { rollouts: 8, candidates: 4 };
  assert.notEqual(canonical(await grow(spec, 1)), canonical(await grow(spec, 2)));
});

Deno.test("searchTree() has as many rollouts in flight as its window allows", async () => {
  const spec = { rollouts: 24, candidates: 5, earlyStop: false };
  const narrow = await grow({ ...spec, window: 1 }, 3);
  const wide = await grow({ ...spec, window: 4 }, 3);
  assert.notEqual(canonical(narrow), canonical(wide));
});

/** A record has one JSON form; a spread makes it a plain JSON value for the type checker. */
function canonical(tree: TreeRecord): string {
  const plain: Json = JSON.parse(JSON.stringify(tree));
  return canonicalJson(plain);
}
