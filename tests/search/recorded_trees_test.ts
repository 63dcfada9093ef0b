/** Presets grow the trees that they grew before the released search was put right: one digest a preset, over scripted worlds. */
import assert from "node:assert/strict";
import {
  canonicalJson,
  type NodeRecord,
  seededRandom,
  sha256,
  type TreeRecord,
} from "../../lib/core/mod.ts";
import { type Policy, scriptedPolicy } from "../../lib/endpoint/mod.ts";
import { type PresetName, PRESETS, searchTree, solveTree } from "../../lib/search/mod.ts";
import { answer, lastStep, PROBLEM, randomPpm, solutionOf, step, toyDomain } from "./_doubles.ts";

/** SHA-256 over the trees of all seeds, begun. Taken from commit 5f0f6d1. */
const DIGESTS: Readonly<Partial<Record<PresetName, string>>> = {
  "default": "a7acac608c9bbd90",
  "paper/r1": "19833c329ff81e33",
  "paper/r2": "16ccd92dad96106c",
  "paper/r3": "20e963270c4c6e5d",
  "paper/r4": "7f0a9dec51e711da",
  "paper/test": "63a2963b7ecbe620",
  "starter/r1": "29e214bed1fb203c",
  "starter/r2": "234c290a04b86d26",
  "starter/r3": "faa1b7455cb60212",
  "starter/r4": "faa1b7455cb60212",
  "starter/test": "4de22e6740dfd39c",
};

const SEEDS = 12;

/** Steps, failures, repeats and programs; answers follow a finished program alone, so that every one of them is arrived at. */
const world: Policy = scriptedPolicy((request) => {
  const random = seededRandom(request.seed);
  const solution = solutionOf(request);
  const isAfterCode = solution.endsWith("<end_of_output>\n");
  // In the layout of the format, so that a text is kept as it was drawn.
  const laidOut = (text: string) => solution === "" ? text.replace(/^\n\n/, "\n<code>\n") : text;
  return Array.from({ length: request.n }, () => {
    const value = Math.floor(random() * 4);
    const kind = random();
    if (isAfterCode) return kind < 0.1 ? "no box<end_of_answer>" : answer(String(value));
    if (kind < 0.5) return laidOut(step(`x = ${value}`));
    if (kind < 0.65) return laidOut(step(`raise ${value}`));
    return kind < 0.95 ? laidOut(lastStep(`print ${value}`)) : "rambling";
  });
});

async function growAll(name: PresetName): Promise<readonly TreeRecord[]> {
  const { spec } = PRESETS[name];
  const trees: TreeRecord[] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    const options = {
      // The longest searches add time and no other rule.
      spec: { ...spec, rollouts: Math.min(spec.rollouts, 16), prompt: "trained" as const },
      seed,
      policy: world,
      domain: toyDomain(),
      now: () => 0,
      ppm: spec.guidance === "ppm" ? randomPpm() : null,
    };
    const isTest = name.endsWith("/test");
    trees.push(await (isTest ? solveTree(PROBLEM, options) : searchTree(PROBLEM, options)));
  }
  return trees;
}

/** Shape of a tree. Once an answer is judged, the judgement is its Q, and it has no score. */
function shape({ nodes, rollouts, stopReason }: TreeRecord) {
  const nodeShape = (node: NodeRecord) => [
    ...[node.parentId, node.kind, node.status, node.text, node.visits, node.valueSum],
    ...[node.multiplicity, node.drawIndex, node.terminal, node.closed, node.correct],
    ...(node.correct === null ? [node.ppmLogit, node.qValue] : []),
  ];
  const ends = rollouts.map(({ leafId, value }) => [leafId, value]);
  return [nodes.map(nodeShape), ends, stopReason];
}

for (const [name, digest] of Object.entries(DIGESTS) as [PresetName, string][]) {
  Deno.test(`PRESETS["${name}"] grows the trees that it grew before`, async () => {
    const trees = await growAll(name);
    assert.equal(sha256(canonicalJson(trees.map(shape))).slice(0, 16), digest);
  });
}
