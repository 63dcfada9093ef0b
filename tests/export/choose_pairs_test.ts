import assert from "node:assert/strict";
import fc from "fast-check";
import { choosePairs, type ExportedTree, type PairRules, pairRules } from "../../lib/export/mod.ts";
import { answer, type BriefNode, problem, tree } from "./_trees.ts";

const RULES = pairRules("default");
const STEPS = { ...RULES, finalPairs: false, minRollouts: 2 };

function choose(trees: readonly ExportedTree[], rules: PairRules) {
  const { groups, dropped, problemDropped } = choosePairs(problem(trees), rules);
  return {
    dropped,
    problemDropped,
    groups: groups.map(({ kind, prefix, positives, negatives }) => ({
      kind,
      prefix,
      positives: positives.map(({ text }) => text),
      negatives: negatives.map(({ text }) => text),
    })),
  };
}

const groupsOf = (nodes: readonly BriefNode[], rules: PairRules = STEPS) =>
  choose([tree(nodes)], rules);

/** A first step with its Q as `w/k`. */
const step = (text: string, k: number, w: number): BriefNode => (
  { parent: 0, text, code: text.toLowerCase(), kw: [k, w] }
);

/** Four first steps: Q 1, 0.5 (both answers), -0.5 (both answers), -1. */
const FAN: readonly BriefNode[] = [
  step("A", 2, 2),
  step("B", 4, 2),
  step("C", 4, -2),
  step("D", 2, -2),
  answer(1, true),
  answer(2, true),
  answer(2, false),
  answer(3, true),
  answer(3, false),
  answer(4, false),
];

const FAN_GROUP = { kind: "step", prefix: "", positives: ["A", "B"], negatives: ["D", "C"] };

Deno.test("choosePairs() sets the two best steps that lead to a right answer against the two worst", () => {
  assert.deepEqual(groupsOf(FAN).groups, [FAN_GROUP]);
  const five = [...FAN, step("E", 3, 1), answer(11, true)];
  assert.deepEqual(groupsOf(five).groups, [FAN_GROUP], "what is neither best nor worst is left");
});

Deno.test("choosePairs() gives Q and visits with every step", () => {
  const { groups } = choosePairs(problem([tree(FAN, { round: 3, seed: 7 })]), STEPS);
  assert.deepEqual(groups, [{
    kind: "step",
    round: 3,
    treeId: "37",
    prefix: "",
    positives: [{ text: "A", q: 1, visits: 2 }, { text: "B", q: 0.5, visits: 4 }],
    negatives: [{ text: "D", q: -1, visits: 2 }, { text: "C", q: -0.5, visits: 4 }],
    weight: 1,
    chosen: { positives: 2, negatives: 2 },
  }]);
});

Deno.test("choosePairs() lets the parts of a group count once together, by pairs", () => {
  const lonely = FAN.map((node) => node.text === "D" ? { ...node, kw: [1, -1] as const } : node);
  const { groups } = choosePairs(problem([tree(lonely)]), STEPS);
  assert.deepEqual(
    groups.map(({ positives, negatives, weight, chosen }) => [
      ...[positives.length, negatives.length, weight, chosen],
    ]),
    [
      [1, 2, 2 / 3, { positives: 2, negatives: 2 }],
      [1, 1, 1 / 3, { positives: 2, negatives: 2 }],
    ],
  );
});

Deno.test("choosePairs() counts only steps with enough rollouts", () => {
  const lonely = FAN.map((node) => node.text === "D" ? { ...node, kw: [1, -1] as const } : node);
  assert.deepEqual(groupsOf(lonely).groups, [
    { kind: "step", prefix: "", positives: ["A"], negatives: ["C", "B"] },
    { kind: "step", prefix: "", positives: ["B"], negatives: ["C"] },
  ]);
  const finished = lonely.map((node) =>
    node.text === "D" ? { ...node, kind: "code_end" as const } : node
  );
  assert.deepEqual(groupsOf(finished).groups[0]?.negatives, ["D", "C"], "its value is no estimate");
  const rare = FAN.map((node) => node.text === "A" ? node : { ...node, kw: [1, 0] as const });
  assert.deepEqual(groupsOf(rare).dropped, { few_rollouts: 1 });
});

Deno.test("choosePairs() takes Q from outcomes alone, or mixed with what the PPM said", () => {
  const confirmed = FAN.map((node) => node.text === "D" ? { ...node, qValue: 0.99 } : node);
  assert.deepEqual(groupsOf(confirmed).groups, [FAN_GROUP], "w/k, whatever the PPM said");
  const mixed = groupsOf(confirmed, { ...pairRules("paper"), finalPairs: false });
  assert.deepEqual(mixed.groups, [
    { kind: "step", prefix: "", positives: ["A"], negatives: ["C", "B"] },
    { kind: "step", prefix: "", positives: ["B"], negatives: ["C"] },
  ]);
});

Deno.test("choosePairs() lets a step that leads both ways be better than one and worse than another", () => {
  const three = [
    step("A", 4, 2),
    step("B", 4, 0),
    step("C", 4, -2),
    ...[1, 2, 3].flatMap((parent) => [answer(parent, true), answer(parent, false)]),
  ];
  assert.deepEqual(groupsOf(three).groups, [
    { kind: "step", prefix: "", positives: ["A"], negatives: ["C", "B"] },
    { kind: "step", prefix: "", positives: ["B"], negatives: ["C"] },
  ]);
});

Deno.test("choosePairs() carries the text above, outputs included, as the prefix", () => {
  const below = [
    { parent: 0, text: "R\n<output>1<end_of_output>\n", kw: [6, 0] as const },
    ...FAN.map((node) => ({ ...node, parent: node.parent + 1 })),
  ];
  assert.deepEqual(groupsOf(below).groups, [
    { ...FAN_GROUP, prefix: "R\n<output>1<end_of_output>\n" },
  ]);
});

Deno.test("choosePairs() wants right and wrong answers, and says when a problem has one kind only", () => {
  const withAnswers = (correct: boolean) =>
    FAN.map((node) => node.kind === "answer" ? { ...node, correct } : node);
  assert.equal(groupsOf(withAnswers(false)).problemDropped, "all_wrong");
  assert.equal(groupsOf(withAnswers(true)).problemDropped, "all_right");
  assert.equal(groupsOf([step("A", 2, -2)]).problemDropped, "no_answers");
  assert.equal(groupsOf(FAN, { ...STEPS, quarantine: ["p/1"] }).problemDropped, "quarantined");
  const apart = [step("A", 4, 0), step("B", 2, 0), answer(1, true), answer(1, false)];
  assert.deepEqual(groupsOf(apart), {
    groups: [],
    problemDropped: null,
    dropped: { one_sided: 1 },
  });
});

Deno.test("choosePairs() insists on a margin", () => {
  const near: readonly BriefNode[] = [
    step("A", 2, 2),
    step("B", 2, 0),
    step("C", 4, 0),
    answer(1, true),
    answer(2, true),
    answer(3, false),
  ];
  assert.deepEqual(groupsOf(near).groups, [
    { kind: "step", prefix: "", positives: ["A"], negatives: ["C"] },
  ]);
  assert.equal(groupsOf(near, { ...STEPS, minMargin: 1 }).groups.length, 1, "1 is at least 1");
  assert.deepEqual(groupsOf(near, { ...STEPS, minMargin: 1.01 }).dropped, { margin: 1 });
  const equal = [step("B", 2, 0), step("C", 4, 0), answer(1, true), answer(2, false)];
  assert.deepEqual(groupsOf(equal).dropped, { margin: 1 });
});

Deno.test("choosePairs() sees through layout: equal code is no pair", () => {
  const twins = FAN.map((node) => node.text === "D" ? { ...node, code: "a  # the same" } : node);
  assert.deepEqual(groupsOf(twins).groups, [
    { kind: "step", prefix: "", positives: ["A"], negatives: ["C"] },
    { kind: "step", prefix: "", positives: ["B"], negatives: ["D", "C"] },
  ]);
  assert.deepEqual(groupsOf(twins, { ...STEPS, distinctCode: false }).groups, [FAN_GROUP]);
});

Deno.test("choosePairs() takes failed candidates for negatives only when told", () => {
  const failing: readonly BriefNode[] = [
    step("A", 2, 2),
    { ...step("F", 0, 0), status: "code_error" },
    { ...step("U", 0, 0), status: "unparsable" },
    answer(1, true),
  ];
  assert.equal(groupsOf(failing).problemDropped, "all_right");
  const negativesWith = (failures: PairRules["failures"]) =>
    groupsOf(failing, { ...STEPS, failures }).groups[0]?.negatives;
  assert.deepEqual(negativesWith("code-error"), ["F"]);
  assert.deepEqual(negativesWith("all"), ["F", "U"]);
});

Deno.test("choosePairs() takes a failed step that was corrected for the step that it is", () => {
  const corrected = FAN.map((node) =>
    node.text === "D" ? { ...node, status: "code_error" as const } : node
  );
  assert.deepEqual(groupsOf(corrected).groups, [FAN_GROUP]);
});

Deno.test("choosePairs() compares answers of one prefix only when told", () => {
  const nodes = [step("A", 2, 0), answer(1, true), answer(1, false)];
  assert.deepEqual(groupsOf(nodes).groups, []);
  assert.deepEqual(groupsOf(nodes, { ...STEPS, answerPairs: true }).groups, [{
    kind: "step",
    prefix: "A",
    positives: ["<answer true>"],
    negatives: ["<answer false>"],
  }]);
});

Deno.test("choosePairs() compares whole trajectories of one round by mean Q", () => {
  const rules = { ...RULES, stepPairs: false };
  const finals = {
    kind: "final",
    prefix: "",
    positives: ["A<answer true>", "B<answer true>"],
    negatives: ["D<answer false>", "C<answer false>"],
  };
  assert.deepEqual(choose([tree(FAN)], rules).groups, [finals]);
  const [right, wrong] = [[step("G", 2, 2), answer(1, true)], [step("W", 2, -2), answer(1, false)]];
  const trees = [tree(right ?? []), tree(wrong ?? [], { seed: 1 }), tree(FAN, { round: 2 })];
  assert.deepEqual(choose(trees, rules).groups, [
    { kind: "final", prefix: "", positives: ["G<answer true>"], negatives: ["W<answer false>"] },
    finals,
  ], "trees of one round stand together, rounds apart");
});

Deno.test("choosePairs() pools rounds, or takes the last", () => {
  const trees = [tree(FAN, { round: 1 }), tree(FAN, { round: 2 })];
  const rounds = (rules: PairRules) =>
    choosePairs(problem(trees), rules).groups.map(({ round }) => round);
  assert.deepEqual(rounds(STEPS), [1, 2]);
  assert.deepEqual(rounds({ ...STEPS, rounds: "last" }), [2]);
});

/** One right and five wrong first steps, each named by thirty letters. */
const ONE_RIGHT: readonly BriefNode[] = [
  step("A".repeat(30), 2, 2),
  ...["B", "C", "D", "E", "F"].map((name) => step(name.repeat(30), 2, -2)),
  answer(1, true),
  ...[2, 3, 4, 5, 6].map((parent) => answer(parent, false)),
];

Deno.test("choosePairs() follows the released rules: the other side of a single step holds four", () => {
  const rules = pairRules("released");
  const { groups } = groupsOf(ONE_RIGHT, rules);
  const names = groups[0]?.negatives.map((text) => text[0]);
  assert.deepEqual(names, ["B", "C", "D", "E"]);
  const flipped = ONE_RIGHT.map((node): BriefNode => ({
    ...node,
    kw: [node.kw?.[0] ?? 2, -(node.kw?.[1] ?? 0)],
    ...(node.correct === undefined ? {} : { correct: !node.correct }),
  }));
  assert.deepEqual(groupsOf(flipped, rules).groups[0]?.positives.map((text) => text[0]), names);
  const short = ONE_RIGHT.map((node) => ({ ...node, text: node.text?.slice(0, 19) ?? "" }));
  assert.deepEqual(groupsOf(short, rules).dropped, { edit_distance: 1 });
});

Deno.test("choosePairs() follows the released rules: what a step leads to must be better as well", () => {
  const nodes = [
    step("A", 4, 1),
    step("B", 4, -3),
    { ...step("C", 2, -2), parent: 1 },
    { ...step("D", 2, 2), parent: 2 },
    answer(3, true, { kw: [1, -1], qValue: -1 }),
    answer(4, false, { kw: [1, 1], qValue: 1 }),
  ];
  const rules = { ...pairRules("released"), minEditDistance: 0, answerPairs: false };
  assert.deepEqual(groupsOf(nodes, rules).dropped, { completion_margin: 1 });
  assert.equal(groupsOf(nodes, { ...rules, completionMargin: false }).groups.length, 1);
});

Deno.test("choosePairs() may follow the most visited path alone", () => {
  const under = (parent: number, name: string): readonly BriefNode[] => [
    { ...step(`${name}1`, 2, 2), parent },
    { ...step(`${name}2`, 2, -2), parent },
  ];
  const nodes = [
    step("A", 4, 1),
    step("B", 8, -1),
    ...under(1, "a"),
    ...under(2, "b"),
    answer(3, true),
    answer(4, false),
    answer(5, true),
    answer(6, false),
  ];
  const prefixes = (rules: PairRules) => groupsOf(nodes, rules).groups.map(({ prefix }) => prefix);
  assert.deepEqual(prefixes(STEPS), ["", "A", "B"]);
  assert.deepEqual(prefixes({ ...STEPS, prefixes: "most-visited" }), ["", "B"]);
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
    if (kind === "answer") return answer(parent, correct, { text: `[${i}]` });
    if (kind === "failed") {
      return { parent, status: "code_error", code, text: `[${i}]`, kw: [0, 0] };
    }
    inner.push(i + 1);
    return { parent, code, text: `[${i}]`, kw: [k, Math.round(k * share)] };
  });
});

Deno.test("choosePairs() keeps its promises on any tree", () => {
  fc.assert(
    fc.property(arbitraryNodes, (nodes) => {
      const source = tree(nodes);
      const byText = new Map(source.nodes.map((node) => [node.text, node]));
      const pairs = new Set<string>();
      for (
        const { kind, prefix, positives, negatives } of choosePairs(problem([source]), RULES).groups
      ) {
        assert.ok(positives.length >= 1 && positives.length <= 2);
        assert.ok(negatives.length >= 1 && negatives.length <= 2);
        for (const better of positives) {
          for (const worse of negatives) {
            assert.ok(better.q > worse.q);
            const pair = [kind, prefix, better.text, worse.text].join("|");
            assert.ok(!pairs.has(pair), "no pair twice");
            pairs.add(pair);
            if (kind === "final") continue;
            const [a, b] = [byText.get(better.text), byText.get(worse.text)];
            assert.ok(a !== undefined && b !== undefined && a.parentId === b.parentId);
            assert.ok(a.rightAnswers > 0 && b.wrongAnswers > 0);
            assert.ok(a.visits >= 1 && b.visits >= 1);
            assert.notEqual(a.code?.[0], b.code?.[0]);
          }
        }
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});
