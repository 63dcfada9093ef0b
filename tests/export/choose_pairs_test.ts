import assert from "node:assert/strict";
import fc from "fast-check";
import { choosePairs, type PairRules, pairRules } from "../../lib/export/mod.ts";
import { answer, type BriefNode, problem, tree } from "./_trees.ts";

const RULES = pairRules("default");
const STEPS = { ...RULES, finalPairs: false };

function groupsOf(nodes: readonly BriefNode[], rules: PairRules = STEPS) {
  const { groups, dropped } = choosePairs(problem([tree(nodes)]), rules);
  return {
    dropped,
    groups: groups.map(({ kind, prefix, positives, negatives }) => ({
      kind,
      prefix,
      positives: positives.map(({ text }) => text),
      negatives: negatives.map(({ text }) => text),
    })),
  };
}

/** Four first steps: Q 1, 0.5 (both answers), -0.5 (both answers), -1. */
const FAN: readonly BriefNode[] = [
  { parent: 0, text: "A", code: "a", kw: [2, 2] },
  { parent: 0, text: "B", code: "b", kw: [4, 2] },
  { parent: 0, text: "C", code: "c", kw: [4, -2] },
  { parent: 0, text: "D", code: "d", kw: [2, -2] },
  answer(1, true),
  answer(2, true),
  answer(2, false),
  answer(3, true),
  answer(3, false),
  answer(4, false),
];

Deno.test("choosePairs() sets the two best steps that lead to a right answer against the two worst", () => {
  assert.deepEqual(groupsOf(FAN).groups, [
    { kind: "step", prefix: "", positives: ["A", "B"], negatives: ["D", "C"] },
  ]);
});

Deno.test("choosePairs() counts only steps with enough rollouts, by outcomes alone", () => {
  const lonely = FAN.map((node) => node.text === "D" ? { ...node, kw: [1, -1] as const } : node);
  assert.deepEqual(groupsOf(lonely).groups[0]?.negatives, ["C"]);
  const confirmed = FAN.map((node) => node.text === "D" ? { ...node, qValue: 0.99 } : node);
  assert.deepEqual(
    groupsOf(confirmed).groups[0]?.negatives,
    ["D", "C"],
    "w/k, whatever the PPM said",
  );
  const mixed = groupsOf(confirmed, { ...STEPS, q: "mixed", minRollouts: 1 });
  assert.deepEqual(mixed.groups[0]?.negatives, ["C"], "the paper's Q holds the PPM");
});

Deno.test("choosePairs() carries the text above, outputs included, as the prefix", () => {
  const below = [
    { parent: 0, text: "R\n<output>1<end_of_output>\n", kw: [6, 0] as const },
    ...FAN.map((node) => ({ ...node, parent: node.parent + 1 })),
  ];
  assert.equal(groupsOf(below).groups[0]?.prefix, "R\n<output>1<end_of_output>\n");
});

Deno.test("choosePairs() wants right and wrong answers on their sides", () => {
  const wrong = FAN.map((node) => node.correct === true ? { ...node, correct: false } : node);
  assert.deepEqual(groupsOf(wrong), { groups: [], dropped: { one_sided: 1 } });
});

Deno.test("choosePairs() insists on the margin between all positives and all negatives", () => {
  const near: readonly BriefNode[] = [
    { parent: 0, text: "A", code: "a", kw: [2, 2] },
    { parent: 0, text: "B", code: "b", kw: [2, 0] },
    { parent: 0, text: "C", code: "c", kw: [4, 0] },
    answer(1, true),
    answer(2, true),
    answer(3, false),
  ];
  assert.deepEqual(groupsOf(near).groups, [
    { kind: "step", prefix: "", positives: ["A"], negatives: ["C"] },
  ]);
  const equal = near.slice(1, 3).concat([answer(1, true), answer(2, false)]);
  assert.deepEqual(groupsOf(equal), { groups: [], dropped: { margin: 1 } });
});

Deno.test("choosePairs() sees through layout: equal code is no pair", () => {
  const twins = FAN.map((node) => node.text === "D" ? { ...node, code: "a  # the same" } : node);
  assert.deepEqual(groupsOf(twins).groups[0]?.negatives, ["C"]);
});

Deno.test("choosePairs() takes failed candidates for negatives only when told", () => {
  const failing: readonly BriefNode[] = [
    { parent: 0, text: "A", code: "a", kw: [2, 2] },
    { parent: 0, text: "F", code: "f(", status: "code_error", kw: [0, 0] },
    answer(1, true),
  ];
  assert.deepEqual(groupsOf(failing).groups, []);
  assert.deepEqual(groupsOf(failing, { ...STEPS, failures: true }).groups[0]?.negatives, ["F"]);
});

Deno.test("choosePairs() compares whole trajectories of one round by mean Q", () => {
  const { groups } = groupsOf(FAN, { ...RULES, minRollouts: 9 });
  assert.deepEqual(groups, [{
    kind: "final",
    prefix: "",
    positives: ["A<answer true>", "B<answer true>"],
    negatives: ["D<answer false>", "C<answer false>"],
  }]);
});

Deno.test("choosePairs() follows the released rules: more on one side where the other is short", () => {
  const long = (name: string) => name.repeat(30);
  const nodes: readonly BriefNode[] = [
    { parent: 0, text: long("A"), code: "a", kw: [2, 2] },
    ...["B", "C", "D", "E"].map((name) => ({
      parent: 0,
      text: long(name),
      code: name,
      kw: [2, -2] as const,
    })),
    answer(1, true),
    ...[2, 3, 4, 5].map((parent) => answer(parent, false)),
  ];
  const { groups } = groupsOf(nodes, pairRules("released"));
  assert.deepEqual(groups[0]?.positives.length, 1);
  assert.deepEqual(groups[0]?.negatives, ["B", "C", "D"].map(long));
  const short = nodes.map((node) => ({ ...node, text: node.text?.slice(0, 3) ?? "" }));
  assert.deepEqual(groupsOf(short, pairRules("released")).groups, [], "edit distance below 20");
});

Deno.test("choosePairs() pools rounds, or takes the last", () => {
  const trees = [tree(FAN, { round: 1 }), tree(FAN, { round: 2 })];
  const rounds = (rules: PairRules) =>
    choosePairs(problem(trees), rules).groups.map(({ round }) => round);
  assert.deepEqual(rounds(STEPS), [1, 2]);
  assert.deepEqual(rounds({ ...STEPS, rounds: "last" }), [2]);
});

const arbitraryNodes = fc.array(
  fc.record({
    up: fc.nat(20),
    k: fc.integer({ min: 0, max: 6 }),
    share: fc.double({ min: -1, max: 1, noNaN: true }),
    code: fc.constantFrom("a", "b", "c", "d", "a # twin"),
    kind: fc.constantFrom("step", "answer", "failed"),
    correct: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
).map((rows) => {
  const inner = [0];
  return rows.map(({ up, k, share, code, kind, correct }, i): BriefNode => {
    const parent = inner[up % inner.length] ?? 0;
    if (kind === "answer") return answer(parent, correct, { text: `n${i}` });
    if (kind === "failed") return { parent, status: "code_error", code, text: `n${i}`, kw: [0, 0] };
    inner.push(i + 1);
    return { parent, code, text: `n${i}`, kw: [k, Math.round(k * share)] };
  });
});

Deno.test("choosePairs() keeps its promises on any tree", () => {
  fc.assert(fc.property(arbitraryNodes, (nodes) => {
    const { groups } = choosePairs(problem([tree(nodes)]), RULES);
    for (const { positives, negatives, kind } of groups) {
      assert.ok(positives.length >= 1 && positives.length <= 2);
      assert.ok(negatives.length >= 1 && negatives.length <= 2);
      for (const better of positives) {
        for (const worse of negatives) {
          assert.ok(better.q > worse.q);
          assert.notEqual(better.text, worse.text);
          if (kind === "step") assert.ok(better.visits >= 2 && worse.visits >= 2);
        }
      }
    }
  }));
});
