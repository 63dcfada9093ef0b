/** `released/*` grows the trees of the released code (microsoft/rStar, branch rStar-math, commit b3c1846): N and Q of every node. */
import assert from "node:assert/strict";
import { PRESETS } from "../../lib/search/mod.ts";
import {
  growScenario,
  officialNodes,
  type OfficialTree,
  officialTrees,
  presetOf,
} from "./_official.ts";

const PER_TIER = 20;

function sorted(nodes: OfficialTree["nodes"]): OfficialTree["nodes"] {
  const rounded = nodes.map(([path, n, q]): OfficialTree["nodes"][number] => [
    ...[path, n] as const,
    // The fixture has nine decimals; -0 is 0.
    Number(q.toFixed(9)) + 0,
  ]);
  return rounded.sort(([a], [b]) => (a < b ? -1 : 1));
}

Deno.test.each(["A", "B", "C", "D", "E", "F", "T"])(
  "the released presets grow the official trees of tier %s",
  async (tier) => {
    const trees = (await officialTrees()).filter(({ scenario }) => scenario.id.startsWith(tier));
    assert.equal(trees.length, PER_TIER);
    for (const { scenario, nodes, empty_rollouts } of trees) {
      const preset = presetOf(scenario);
      assert.equal(PRESETS[preset].spec.errorsAllowed, scenario.errors_threshold - 1);
      const tree = await growScenario(scenario);
      assert.deepEqual(sorted(officialNodes(tree)), sorted(nodes), scenario.id);
      const empty = tree.rollouts.filter(({ leafId }) => leafId === null).length;
      assert.equal(empty, empty_rollouts, scenario.id);
    }
  },
);
