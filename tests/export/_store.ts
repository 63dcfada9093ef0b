/** Stores with trees written down by hand. */
import assert from "node:assert/strict";
import type { TreeRecord } from "../../lib/core/mod.ts";
import { type DuckdbStore, openStore } from "../../lib/store/mod.ts";
import { testProblem, testRun, testTree } from "../conformance/store.ts";
import { temporaryFolder } from "../store/_files.ts";
import { answer, type BriefNode, tree } from "./_trees.ts";

/** A program whose output looks like the format's own tag, and that output as earlier versions stored it. */
export const CODE_END = "\n<code>\nprint('\\n<output>9')\n<end_of_code>";
const STORED_OUTPUT = "\n<output>\n<output>9<end_of_output>\n";

/** The output as it is exported: the mark that the program printed is none. */
export const OUTPUT = "\n<output>\n< output>9<end_of_output>\n";

/** Two first steps: a right one that ends the program, and a wrong one. */
export const NODES: readonly BriefNode[] = [
  {
    parent: 0,
    kind: "code_end",
    text: CODE_END + STORED_OUTPUT,
    code: "print('\\n<output>9')",
    kw: [2, 2],
  },
  { parent: 0, text: "\n<code>\ny = 2\n<end_of_step>", code: "y = 2", kw: [2, -2] },
  answer(1, true, { text: "<answer>right" }),
  answer(2, false, { text: "<answer>wrong" }),
];

/** {@linkcode NODES} as a store keeps them. */
function record(problemId: string, seed: number): TreeRecord {
  const example = testTree(problemId, seed);
  const pattern = example.nodes[1];
  assert.ok(pattern !== undefined);
  const nodes = tree(NODES).nodes.map((
    { rightAnswers: _r, wrongAnswers: _w, score: _s, ...node },
  ) => ({
    ...pattern,
    ...node,
    execution: null,
    ppmLogit: null,
    pathQ: node.qValue,
    terminal: node.kind === "answer",
    answer: node.kind === "answer" ? "9" : null,
  }));
  return { ...example, nodes };
}

/** A store with problems 1 to `count` and, of each, two equal trees in round 1. */
export interface FilledStore {
  readonly store: DuckdbStore;
  readonly runNo: number;
  /** Where a test may write. */
  readonly folder: string;
}

/** Runs `work` with a store that is removed afterwards. */
export async function withStore(
  count: number,
  work: (filled: FilledStore) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/t.duckdb`);
  const { runNo } = await store.openRun(testRun());
  const problems = Array.from({ length: count }, (_, i) => testProblem(i + 1));
  await store.putProblems(problems);
  await Promise.all(
    problems.flatMap(({ id }) =>
      [0, 1].map((seed) => store.writeTree({ runNo, roundNo: 1 }, record(id, seed)))
    ),
  );
  await work({ store, runNo, folder: folder.path });
}

/** Objects of a file of JSON lines. */
export async function linesOf(path: string): Promise<readonly unknown[]> {
  const text = await Deno.readTextFile(path);
  return text.split("\n").filter((line) => line !== "").map((line): unknown => JSON.parse(line));
}
