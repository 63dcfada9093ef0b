/** The worked example of docs/search.md, grown by the search itself: every number of its tables is compared. */
import assert from "node:assert/strict";
import type { NodeRecord, TreeRecord } from "../../lib/core/mod.ts";
import { scriptedPpm } from "../../lib/endpoint/mod.ts";
import type { StubScript } from "../../lib/sandbox/mod.ts";
import { answer, lastStep, policyOf, search, step } from "../search/_doubles.ts";
import { readPage, tableBelow } from "./_page.ts";

const page = readPage("docs/search.md");

/** Three draws at every code node; what a policy might write for x^2 = 9. */
const policy = () =>
  policyOf((solution) => {
    const output = /<output>(.*)<end_of_output>/.exec(solution)?.[1];
    if (output !== undefined) return [answer(output)];
    if (solution === "") return [step("x = -3"), step("x = 3"), step("x = -3  # its square is 9")];
    return solution.includes("x = -3")
      ? [lastStep("print(x)"), lastStep("print(abs(x))"), lastStep("print(root)")]
      : [lastStep("print(x)"), lastStep("print( x )"), lastStep("print(x)  # positive")];
  });

/** Runs the few programs of the example. */
const python: StubScript = (path) => {
  const code = path.at(-1) ?? "";
  if (!code.startsWith("print")) return undefined;
  if (code.includes("root")) {
    const message = "name 'root' is not defined";
    return { status: "error", error: { type: "NameError", message, line: 1 } };
  }
  const isNegative = path[0]?.includes("-3") === true && !code.includes("abs");
  return { stdout: isNegative ? "-3\n" : "3\n" };
};

/** Logits of the second table: by the step, or by what the program printed. */
const ppm = scriptedPpm((text) => {
  const output = /<output>(.*)<end_of_output>/.exec(text)?.[1];
  if (output !== undefined) return output === "3" ? 1.5 : -0.5;
  return text.includes("x = -3") ? 0.5 : 1;
});

const rounded = (value: number | null) => value === null ? "–" : String(Number(value.toFixed(3)));

/** A node as its row of the page: number, parent, segment, times drawn, k, w, Q. */
function rowOf(node: NodeRecord): readonly string[] {
  const segment = node.kind === "root" ? "(the question)" : node.code ?? `\\boxed{${node.answer}}`;
  const parent = node.parentId === null ? "–" : String(node.parentId);
  const numbers = [node.multiplicity, node.visits, node.valueSum].map(String);
  return [String(node.nodeId), parent, segment, ...numbers, rounded(node.qValue)];
}

/** Paths of the rollouts and their end values. */
function rollouts(tree: TreeRecord): readonly (readonly [string, number])[] {
  return tree.rollouts.map(({ leafId, value }) => {
    const path: number[] = [];
    for (let id = leafId; id !== null; id = tree.nodes[id]?.parentId ?? null) path.unshift(id);
    return [path.join(" → "), value] as const;
  });
}

/** Checks that the text below a heading tells these rollouts in this order, and each one's end. */
function checkTold(heading: string, tree: TreeRecord): void {
  const [, below = ""] = page.split(`### ${heading}\n`);
  const text = below.split(/\n#|\n\|/)[0]?.replaceAll(/\s+/g, " ") ?? "";
  const told = [...text.matchAll(/(\d+(?: → \d+)+)\D*?(?:answer −?\d, |is )(right|wrong)/g)];
  assert.deepEqual(
    told.map(([, path, end]) => [path, end === "right" ? 1 : -1]),
    rollouts(tree),
  );
}

Deno.test("docs/search.md: the example without a PPM is the tree that the search grows", async () => {
  const tree = await search(policy(), { spec: { candidates: 3 }, script: python });
  assert.deepEqual(tree.nodes.map(rowOf), tableBelow(page, "Example without a PPM"));
  checkTold("Example without a PPM", tree);
  assert.equal(tree.stopReason, "closed");
  assert.equal(tree.nodes[5]?.status, "code_error");
  assert.equal(tree.usage.policyRequests, 6);
});

Deno.test("docs/search.md: the example with a PPM is the tree that the search grows", async () => {
  const spec = { candidates: 3, guidance: "ppm" } as const;
  const tree = await search(policy(), { spec, script: python, ppm });
  const rows = tree.nodes.filter(({ ppmLogit }) => ppmLogit !== null).map((node) => {
    const row = rowOf(node);
    const q0 = Math.tanh(node.ppmLogit ?? NaN);
    return [...row.slice(0, 3), rounded(node.ppmLogit), rounded(q0), ...row.slice(4)];
  });
  assert.deepEqual(rows, tableBelow(page, "Example with a PPM"));
  checkTold("Example with a PPM", tree);
  assert.equal(tree.stopReason, "closed");
});
