/** Whole searches in a world of confusable steps, against what is known of it (docs/search.md, "Selection" and "Merging"). */
import assert from "node:assert/strict";
import { seededRandom, type TreeRecord } from "../../lib/core/mod.ts";
import { scriptedPolicy } from "../../lib/endpoint/mod.ts";
import type { SearchSpec } from "../../lib/search/mod.ts";
import { answer, lastStep, search, solutionOf, step } from "./_doubles.ts";

/** Each step is right with probability `share`, else wrong in one way; the program is right when all of its steps are. */
function confusableSteps(depth: number, share: number) {
  return scriptedPolicy((request) => {
    const solution = solutionOf(request);
    const output = /<output>(\d+)</.exec(solution)?.[1];
    const random = seededRandom(request.seed);
    const index = solution.split("<end_of_step>").length;
    return Array.from({ length: request.n }, () => {
      if (output !== undefined) return answer(output);
      const isRight = random() < share;
      const code = `s${index} = ${isRight ? "right" : "wrong"}`;
      if (index < depth) return step(code);
      return lastStep(`${code} ; print ${isRight && !solution.includes("wrong") ? 3 : 1}`);
    });
  });
}

async function trees(
  world: { readonly depth: number; readonly share: number },
  options: { readonly spec: Partial<SearchSpec>; readonly count: number },
): Promise<readonly TreeRecord[]> {
  const result: TreeRecord[] = [];
  for (let seed = 0; seed < options.count; seed++) {
    result.push(
      await search(confusableSteps(world.depth, world.share), {
        seed,
        spec: { candidates: 8, rollouts: 16, earlyStop: false, ...options.spec },
      }),
    );
  }
  return result;
}

function shareSolved(solved: readonly TreeRecord[]): number {
  return solved.filter((tree) => tree.correctTerminals > 0).length / solved.length;
}

Deno.test("searchTree() solves with merging what it does not solve without", async () => {
  // Three steps, each right in 28 %: all three right steps are among 8 draws in (1 - 0.72^8)^3 = 79 % of merged trees, and 16
  // rollouts see all of such a tree. Unmerged, 16 rollouts see 16 of 512 paths. More draws of a dry tree do the rest.
  const world = { depth: 3, share: 0.28 };
  const once = shareSolved(await trees(world, { spec: { maxDrawBatches: 1 }, count: 200 }));
  const unmerged = await trees(world, { spec: { maxDrawBatches: 1, merge: false }, count: 100 });
  const redrawn = shareSolved(await trees(world, { spec: {}, count: 100 }));
  assert.ok(Math.abs(once - 0.79) < 0.08, `merged, drawn once: ${once}`);
  assert.ok(Math.abs(shareSolved(unmerged) - 0.31) < 0.12, `unmerged: ${shareSolved(unmerged)}`);
  assert.ok(redrawn >= 0.97, `merged, drawn again: ${redrawn}`);
});

Deno.test("searchTree() hardly explores with the released selection", async () => {
  // Measured with the released classes at depth 6: of 8 first steps 1.4 to 2.0 are ever descended into in 16 rollouts.
  const options = { merge: false, maxDrawBatches: 1, maxDepth: 8, propagateFailures: false };
  const tried = async (selection: SearchSpec["selection"]) => {
    const grown = await trees({ depth: 6, share: 0.7 }, {
      spec: { ...options, selection },
      count: 40,
    });
    const counts = grown.map((tree) =>
      tree.nodes.filter((node) => node.depth === 1 && node.visits > 0).length
    );
    return counts.reduce((a, b) => a + b, 0) / counts.length;
  };
  const released = await tried("released");
  assert.ok(released >= 1.4 && released <= 2, `released: ${released}`);
  assert.equal(await tried("uct"), 8);
});
