/** The worked example of docs/search.md with forks, grown by the search itself: every number of its table is compared. */
import assert from "node:assert/strict";
import type { NodeRecord } from "../../lib/core/mod.ts";
import type { StubScript } from "../../lib/sandbox/mod.ts";
import { search } from "../search/_doubles.ts";
import { FORK, policyIn, type World } from "../search/_fork_worlds.ts";
import { readPage, tableBelow } from "./_page.ts";

const page = readPage("docs/search.md");

const world: World = (solution) => {
  const output = /<output>(.*)<end_of_output>\n$/.exec(solution)?.[1];
  if (output !== undefined) return [[`<answer>\\boxed{${output}}<end_of_answer>`, 1]];
  if (solution === "") return [["\n\nprint(", 1]];
  if (solution.endsWith("print(")) return [["3)", 0.5], ["4)", 0.3], ["root)", 0.2]];
  return solution.endsWith("3)")
    ? [["\n<end_of_code>", 0.9], ["  # sure\n<end_of_code>", 0.1]]
    : [["\n<end_of_code>", 1]];
};

const python: StubScript = (path) => {
  const printed = /print\((.*)\)/.exec(path.at(-1) ?? "")?.[1] ?? "";
  if (printed !== "root") return { stdout: `${printed}\n` };
  const message = "name 'root' is not defined";
  return { status: "error", error: { type: "NameError", message, line: 1 } };
};

const rounded = (value: number | null | undefined) => String(Number((value ?? NaN).toFixed(3)));

function rowOf(node: NodeRecord): readonly string[] {
  const segment = node.kind === "root" ? "(the question)" : node.code ?? `\\boxed{${node.answer}}`;
  const parent = node.parentId === null ? "–" : String(node.parentId);
  const { policyLogprob, mass, massQ } = node.forks ?? {};
  const counts = [node.visits, node.valueSum].map(String);
  const probability = Math.exp(policyLogprob ?? NaN);
  const values = [node.qValue, probability, mass, massQ].map(rounded);
  return [String(node.nodeId), parent, segment, ...counts, ...values];
}

Deno.test("docs/search.md: the example with forks is what the search grows", async () => {
  // The first seed whose first draw is the example's.
  const tree = await search(policyIn(world), {
    spec: { ...FORK, choice: "likeliest", openMass: 1e-4, propagateFailures: true },
    seed: 4,
    script: python,
  });
  assert.equal(tree.stopReason, "closed");
  assert.deepEqual(tree.rollouts, [
    { leafId: 2, value: -1 },
    { leafId: 4, value: 1 },
    { leafId: 0, value: -1 },
    { leafId: null, value: 0 },
  ]);
  const table = tableBelow(page, "Example with forks");
  assert.deepEqual(tree.nodes.map(rowOf), table);
});
