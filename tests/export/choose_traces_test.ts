import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseTraces, type SftRules, sftRules } from "../../lib/export/mod.ts";
import { isNearDuplicate } from "../../lib/export/near_duplicate.ts";
import { answer, type BriefNode, problem, tree } from "./_trees.ts";

const RULES = sftRules("default");

/** Right traces with mean Q 0.75, 0.9 (twice, minimum 0.8 and 0.9) and a wrong one. */
const FOUR = tree([
  { parent: 0, kw: [2, 1], code: "a = 1" },
  answer(1, true, { qValue: 1 }),
  { parent: 0, qValue: 0.8, code: "b = 'something else'" },
  answer(3, true, { qValue: 1 }),
  { parent: 0, qValue: 0.9, code: "c = [3, 3, 3]" },
  answer(5, true, { qValue: 0.9 }),
  { parent: 0, qValue: 0.99, code: "d = {4: 4}" },
  answer(7, false),
]);

const leavesOf = (trees: Parameters<typeof problem>[0], rules: SftRules) =>
  chooseTraces(problem(trees), rules).traces.map(({ trajectory }) => trajectory.leaf.nodeId);

Deno.test("chooseTraces() keeps the two right traces of highest mean Q, ties by their minimum", () => {
  const { traces, difficulty, dropped, problemDropped } = chooseTraces(problem([FOUR]), RULES);
  assert.deepEqual(
    traces.map(({ trajectory, meanQ, minQ }) => [trajectory.leaf.nodeId, meanQ, minQ]),
    [[6, 0.9, 0.9], [4, 0.9, 0.8]],
  );
  assert.deepEqual([difficulty, problemDropped], ["medium", null]);
  assert.deepEqual(dropped, { surplus: 1 });
});

Deno.test("chooseTraces() goes to the earlier tree and node where Q ties altogether", () => {
  const same: readonly BriefNode[] = [
    { parent: 0, qValue: 1, code: "a" },
    answer(1, true),
    { parent: 0, qValue: 1, code: "another" },
    answer(3, true),
  ];
  const trees = [tree(same), tree(same.map((node) => ({ ...node, code: null })), { seed: 1 })];
  const { traces } = chooseTraces(problem(trees), RULES);
  assert.deepEqual(
    traces.map(({ trajectory: { tree, leaf } }) => [tree.seed, leaf.nodeId]),
    [[0, 2], [0, 4]],
  );
});

Deno.test("chooseTraces() ranks by outcomes alone when told", () => {
  assert.deepEqual(leavesOf([FOUR], { ...RULES, q: "outcomes", perProblem: 1 }), [2]);
});

Deno.test("chooseTraces() ranks by the score of another model, unscored traces last", () => {
  const scored = tree([
    { parent: 0, code: "a" },
    answer(1, true),
    { parent: 0, code: "longer" },
    answer(3, true, { score: -3 }),
    { parent: 0, code: "the longest" },
    answer(5, true, { score: 2 }),
  ]);
  const rules = { ...RULES, order: "score", scorer: 9, perProblem: 3 } as const;
  assert.deepEqual(leavesOf([scored], rules), [6, 4, 2]);
});

Deno.test("chooseTraces() takes any right traces by a seed", () => {
  const rules = { ...RULES, order: "random", perProblem: 1 } as const;
  const drawn = Array.from({ length: 40 }, (_, seed) => leavesOf([FOUR], { ...rules, seed })[0]);
  assert.deepEqual([...new Set(drawn)].sort(), [2, 4, 6]);
  assert.deepEqual(leavesOf([FOUR], { ...rules, seed: 3 }), [drawn[3]]);
});

Deno.test("chooseTraces() leaves out a trace whose code differs in layout or hardly at all", () => {
  const body = "total = 12 * 3 + 4  # long enough that one character is two percent of it\n"
    .repeat(3);
  const twins = tree([
    { parent: 0, code: body, kw: [2, 2] },
    answer(1, true),
    { parent: 0, code: `# told\n${body}`, kw: [4, 2] },
    answer(3, true),
    { parent: 0, code: body.replace("12", "13"), kw: [8, 2] },
    answer(5, true),
    { parent: 0, code: "print(40)", kw: [16, 2] },
    answer(7, true),
  ]);
  const near = chooseTraces(problem([twins]), { ...RULES, nearDuplicate: 0.05 });
  assert.deepEqual(near.traces.map(({ trajectory }) => trajectory.leaf.nodeId), [2, 8]);
  assert.deepEqual(near.dropped, { near_duplicate: 2 });
  assert.deepEqual(leavesOf([twins], { ...RULES, nearDuplicate: 0 }), [2, 6]);
  assert.deepEqual(leavesOf([twins], { ...RULES, nearDuplicate: null }), [2, 4]);
});

Deno.test("isNearDuplicate() is symmetric and grows with the share", () => {
  const text = fc.string({ maxLength: 60 });
  fc.assert(
    fc.property(text, text, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
      assert.equal(isNearDuplicate(a, b, share), isNearDuplicate(b, a, share));
      assert.equal(isNearDuplicate(a, b, 0), a === b);
      assert.ok(isNearDuplicate(a, b, 1));
      if (isNearDuplicate(a, b, share)) assert.ok(isNearDuplicate(a, b, Math.min(1, share * 2)));
    }),
    { seed: 1 },
  );
});

Deno.test("chooseTraces() takes the latest round that solved a problem, however low its Q", () => {
  const early = tree([{ parent: 0, kw: [4, 4], code: "early = 1" }, answer(1, true)], { round: 1 });
  const late = tree([{ parent: 0, kw: [4, 1], code: "late = 1" }, answer(1, true)], { round: 2 });
  const unsolved = tree([{ parent: 0 }, answer(1, false)], { round: 3 });
  const rounds = (rules = RULES) =>
    chooseTraces(problem([early, late, unsolved]), rules).traces.map(({ trajectory }) =>
      trajectory.tree.round
    );
  assert.deepEqual(rounds(), [2]);
  assert.deepEqual(rounds({ ...RULES, rounds: "all" }), [1, 2]);
});

Deno.test("chooseTraces() leaves out traces with a failed step, or a forbidden text, when told", () => {
  const corrected = tree([
    { parent: 0, status: "code_error", text: "oops", code: "y", kw: [2, 2] },
    { parent: 1, text: "fixed", code: "x = 1", kw: [2, 2] },
    answer(2, true),
    { parent: 0, text: "no Errors here", code: "something = else_", kw: [4, 2] },
    answer(4, true),
  ]);
  const { dropped } = chooseTraces(problem([corrected]), RULES);
  assert.deepEqual(dropped, { failed_step: 1 });
  assert.deepEqual(leavesOf([corrected], { ...RULES, failedSteps: "keep" }), [3, 5]);
  const released = chooseTraces(problem([corrected]), sftRules("released"));
  assert.deepEqual(released.traces.map(({ trajectory }) => trajectory.leaf.nodeId), [3]);
  assert.deepEqual(released.dropped, { forbidden_text: 1 });
});

Deno.test("chooseTraces() says why a problem gives nothing", () => {
  const why = (one: Parameters<typeof chooseTraces>[0], rules: Partial<SftRules> = {}) =>
    chooseTraces(one, { ...RULES, ...rules }).problemDropped;
  const wrong = problem([tree([answer(0, false)])]);
  assert.equal(why(wrong), "unsolved");
  assert.equal(chooseTraces(wrong, RULES).difficulty, "hard");
  assert.equal(why(problem([FOUR]), { quarantine: ["p/1"] }), "quarantined");
  assert.equal(why(problem([FOUR]), { minPerProblem: 3 }), "too_few_traces");
  assert.equal(why(problem([FOUR]), { difficulties: ["easy"] }), "medium");
  const third = problem([tree([answer(0, true), answer(0, false), answer(0, false)])]);
  assert.equal(why(third), null, "a trusted source");
  assert.equal(why(third, { syntheticSources: ["test"] }), "low_correct_share");
  assert.equal(why({ ...third, source: "synthetic_math" }, sftRules("paper")), "low_correct_share");
  assert.equal(why({ ...third, source: "olympiads" }, sftRules("paper")), null);
  const half = problem([tree([answer(0, true), answer(0, false)])]);
  assert.equal(why(half, { syntheticSources: ["test"] }), null);
});

Deno.test("chooseTraces() calls a problem easy when all its trajectories are right", () => {
  assert.equal(chooseTraces(problem([tree([answer(0, true)])]), RULES).difficulty, "easy");
});
