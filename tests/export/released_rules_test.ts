/**
 * The released rules for data, worked out by hand from `extra_rm_file.py`, `sample_rm_data.py`, `extra_sft_file.py` and
 * `sample_sft_data.py` of microsoft/rStar (branch rStar-math, commit b3c1846).
 */
import assert from "node:assert/strict";
import { choosePairs, chooseTraces, pairRules, sftRules } from "../../lib/export/mod.ts";
import { pairRows, traceRows } from "../../lib/export/formats.ts";
import { answer, type BriefNode, problem, tree } from "./_trees.ts";

/** A step of 30 equal letters: two of them differ in more than the 20 characters that a pair needs. */
const step = (letter: string, q: number, rest: Partial<BriefNode> = {}): BriefNode => ({
  parent: 0,
  text: letter.repeat(30),
  kw: [4, 4 * q],
  ...rest,
});

const PROMPTED = { ...problem([]), prompt: "Q" };

/** Rows of the released format: first letters of the two sides, and the counts. */
function releasedPairs(nodes: readonly BriefNode[]) {
  const { groups } = choosePairs(problem([tree(nodes)]), pairRules("released"));
  return groups.flatMap((group) => pairRows(group, PROMPTED, "released")).map((row) => {
    const { pos, neg, pos_count, neg_count } = row as Record<string, string>;
    return `${pos?.[0]}>${neg?.[0]} ${pos_count}:${neg_count}`;
  });
}

Deno.test("released pairs carry the counts of their group before pairs are left out of it", () => {
  // Lead right: A 1, B 0.5, C -0.5; lead wrong: C, B. Two of each: A, B against C, B. B against itself has no margin.
  const nodes = [
    ...[step("A", 1), step("B", 0.5), step("C", -0.5)],
    ...[answer(1, true), answer(2, true), answer(2, false), answer(3, true), answer(3, false)],
  ];
  assert.deepEqual(releasedPairs(nodes), ["A>C 2:2", "A>B 2:2", "B>C 2:2"]);
});

Deno.test("released pairs count up to four of a side whose other side has one member", () => {
  // One leads right, five lead wrong: the worst four count. E and D lie within 0.5 of A, and are left out of the pairs alone.
  const nodes = [
    step("A", 0),
    ...[step("B", -1), step("C", -0.9), step("D", -0.4), step("E", -0.3), step("F", -0.2)],
    answer(1, true),
    ...[2, 3, 4, 5, 6].map((parent) => answer(parent, false)),
  ];
  assert.deepEqual(releasedPairs(nodes), ["A>B 1:4", "A>C 1:4"]);
});

Deno.test("released pairs go below a step only where both kinds of answers lie, and keep answers as steps", () => {
  const long = (parent: number, correct: boolean) =>
    answer(parent, correct, { text: (correct ? "r" : "w").repeat(30) });
  // B has both: its answers make a pair. Below A and C there is one kind.
  const nodes = [
    ...[step("A", 1), step("B", 0), step("C", -1)],
    ...[long(1, true), long(2, true), long(2, false), long(3, false)],
  ];
  assert.deepEqual(releasedPairs(nodes), ["A>C 2:2", "A>B 2:2", "B>C 2:2", "r>w 1:1"]);
});

Deno.test("released pairs leave code errors out, whatever failed beside them", () => {
  const nodes = [
    step("A", 1),
    step("B", -1),
    { ...step("X", 0), status: "code_error" as const, kw: [0, 0] as const, qValue: -1 },
    ...[answer(1, true), answer(2, false)],
  ];
  assert.deepEqual(releasedPairs(nodes), ["A>B 1:1"]);
});

/** Three right traces of mean Q 1, 0.9 and 0.75, and a wrong one. */
const TRACES: readonly BriefNode[] = [
  step("A", 1, { text: "no Error here" }),
  answer(1, true),
  step("B", 0.8),
  answer(3, true),
  step("C", 0.5),
  answer(5, true),
  step("D", 0),
  answer(7, false),
];

Deno.test('released traces are the two best, less those of them that hold "error"', () => {
  const leaves = (rules: ReturnType<typeof sftRules>) => {
    const { traces, dropped } = chooseTraces(problem([tree(TRACES)]), rules);
    return [traces.map(({ trajectory }) => trajectory.leaf.nodeId), dropped];
  };
  assert.deepEqual(leaves(sftRules("released")), [[4], { forbidden_text: 1, surplus: 1 }]);
  const own = { ...sftRules("default"), nearDuplicate: null, forbiddenText: "error" };
  assert.deepEqual(leaves(own), [[4, 6], { forbidden_text: 1 }]);
});

Deno.test("released traces tie in the order of their branches, not of the rollouts that found them", () => {
  // The second step's answer was found first.
  const nodes = [step("A", 1), step("B", 1), answer(2, true), answer(1, true)];
  const first = (preset: "released" | "paper") =>
    chooseTraces(problem([tree(nodes)]), { ...sftRules(preset), perProblem: 1 })
      .traces[0]?.trajectory.leaf.nodeId;
  assert.deepEqual([first("released"), first("paper")], [4, 3]);
});

Deno.test("released traces are written without blanks around them", () => {
  const [trace] = chooseTraces(
    problem([tree([step("A", 1, { text: "\n<code>\nx = 1\n<end_of_code>" }), answer(1, true)])]),
    sftRules("released"),
  ).traces;
  assert.ok(trace);
  assert.deepEqual(traceRows(trace, PROMPTED, "released"), [{
    query: PROMPTED.question,
    response: "<code>\nx = 1\n<end_of_code><answer true>",
  }]);
});
