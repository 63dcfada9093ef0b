/** Trees that grow from forks, against policies whose every probability is known (docs/search.md, "Forks"). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, type Json, type NodeRecord, type TreeRecord } from "../../lib/core/mod.ts";
import { CHOICE_RULES } from "../../lib/search/mod.ts";
import { randomPolicy, search, slowInterpret } from "./_doubles.ts";
import { endsOf, FORK, policyIn, randomWorld, watched } from "./_fork_worlds.ts";

const seeds = fc.integer({ min: 0, max: 4095 });
const choices = fc.constantFrom(...CHOICE_RULES);

function near(actual: number | null | undefined, expected: number, what: string) {
  assert.ok(Math.abs((actual ?? NaN) - expected) < 1e-9, `${what}: ${actual} is not ${expected}`);
}

/** Probability that the policy writes exactly the texts that led to each node. */
function reaches(tree: TreeRecord): readonly number[] {
  const found: number[] = [];
  for (const { parentId, forks } of tree.nodes) {
    const above = parentId === null ? 1 : found[parentId] ?? NaN;
    found.push(above * Math.exp(forks?.policyLogprob ?? NaN));
  }
  return found;
}

function isEnd({ kind, status }: NodeRecord): boolean {
  return kind === "answer" || status !== "ok";
}

function endMass(tree: TreeRecord, of: (node: NodeRecord) => boolean): number {
  const reach = reaches(tree);
  return tree.nodes.reduce(
    (sum, node) => isEnd(node) && of(node) ? sum + (reach[node.nodeId] ?? 0) : sum,
    0,
  );
}

Deno.test("searchTree() with forks sees all that a policy would write, and how often it would", async () => {
  await fc.assert(
    fc.asyncProperty(seeds, choices, fc.constantFrom(1, 3), async (seed, choice, window) => {
      const world = randomWorld(seed);
      const tree = await search(policyIn(world), { spec: { ...FORK, choice, window }, seed });
      const ends = endsOf(world);
      assert.equal(tree.stopReason, "closed");
      near(tree.forks?.openMass, 0, "open");
      near(endMass(tree, ({ correct }) => correct === true), ends.right, "right");
      near(endMass(tree, ({ correct }) => correct === false), ends.wrong, "wrong");
      near(endMass(tree, ({ correct }) => correct === null), ends.failed, "failed");
      near(tree.nodes[0]?.forks?.massQ, ends.right - ends.wrong - ends.failed, "Q by mass");
      assert.ok(tree.nodes.every(({ closed }) => closed));
    }),
    { seed: 1, numRuns: 25 },
  );
});

Deno.test("searchTree() with forks divides the policy's probability between texts and open forks at any time", async () => {
  await fc.assert(
    fc.asyncProperty(
      seeds,
      choices,
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom(1, 2, 4),
      async (seed, choice, rollouts, window) => {
        const policy = policyIn(randomWorld(seed));
        const tree = await search(policy, { spec: { ...FORK, choice, rollouts, window }, seed });
        near(endMass(tree, () => true) + (tree.forks?.openMass ?? NaN), 1, "all");
        for (const node of tree.nodes) {
          const children = tree.nodes.filter(({ parentId }) => parentId === node.nodeId);
          if (children.length === 0) continue;
          const below = children.reduce((sum, child) => sum + (child.forks?.mass ?? NaN), 0);
          near(below, node.forks?.mass ?? NaN, "mass of the children");
        }
      },
    ),
    { seed: 2, numRuns: 100 },
  );
});

Deno.test("searchTree() with forks draws no text twice", async () => {
  await fc.assert(
    fc.asyncProperty(seeds, choices, async (seed, choice) => {
      const { policy, drawn } = watched(policyIn(randomWorld(seed)));
      await search(policy, { spec: { ...FORK, choice }, seed });
      assert.equal(new Set(drawn).size, drawn.length);
    }),
    { seed: 3, numRuns: 25 },
  );
});

Deno.test("searchTree() with forks gives the same tree whatever the order of replies, for every window", async () => {
  const grow = (seed: number, order: number, spec: typeof FORK) =>
    search(watched(policyIn(randomWorld(seed)), order).policy, {
      spec,
      seed,
      script: slowInterpret(order),
    });
  await fc.assert(
    fc.asyncProperty(
      seeds,
      choices,
      fc.constantFrom(1, 2, 4, 8),
      fc.integer({ min: 1, max: 1_000_000 }),
      async (seed, choice, window, order) => {
        const spec = { ...FORK, choice, window, rollouts: 20 };
        const atOnce = canonical(await grow(seed, 0, spec));
        assert.equal(canonical(await grow(seed, order, spec)), atOnce);
        assert.equal(canonical(await grow(seed, order + 1, spec)), atOnce);
      },
    ),
    { seed: 4, numRuns: 40 },
  );
});

Deno.test("searchTree() with forks keeps the visit identity and its counts", async () => {
  await fc.assert(
    fc.asyncProperty(seeds, fc.constantFrom(1, 4), async (seed, window) => {
      const tree = await search(policyIn(randomWorld(seed)), {
        spec: { ...FORK, window, rollouts: 30 },
        seed,
      });
      for (const node of tree.nodes) {
        const children = tree.nodes.filter(({ parentId }) => parentId === node.nodeId);
        const ended = tree.rollouts.filter(({ leafId }) => leafId === node.nodeId);
        const below = children.reduce((sum, { visits }) => sum + visits, 0);
        assert.equal(node.visits, below + ended.length);
        assert.equal(new Set(children.map(({ drawIndex }) => drawIndex)).size, children.length);
      }
      const arrived = tree.nodes.filter(({ kind, visits }) => kind === "answer" && visits === 1);
      assert.equal(tree.correctTerminals, arrived.filter(({ correct }) => correct).length);
    }),
    { seed: 5, numRuns: 50 },
  );
});

Deno.test("searchTree() samples where the policy shows no tokens, as if nothing else had been asked for", async () => {
  const sampled = await search(randomPolicy(), { seed: 3 });
  const asked = await search(randomPolicy(), { seed: 3, spec: { expansion: "fork" } });
  assert.equal(canonical(asked), canonical(sampled));
  assert.equal(asked.forks, undefined);
});

function canonical(tree: TreeRecord): string {
  const plain: Json = JSON.parse(JSON.stringify(tree));
  return canonicalJson(plain);
}
