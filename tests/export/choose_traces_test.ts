import assert from "node:assert/strict";
import { chooseTraces, sftRules } from "../../lib/export/mod.ts";
import { answer, problem, tree } from "./_trees.ts";

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

Deno.test("chooseTraces() keeps the two right traces of highest mean Q, ties by their minimum", () => {
  const { traces, difficulty, dropped } = chooseTraces(problem([FOUR]), RULES);
  assert.deepEqual(
    traces.map(({ trajectory, meanQ, minQ }) => [trajectory.leaf.nodeId, meanQ, minQ]),
    [[6, 0.9, 0.9], [4, 0.9, 0.8]],
  );
  assert.equal(difficulty, "medium");
  assert.deepEqual(dropped, { surplus: 1 });
});

Deno.test("chooseTraces() leaves out a trace whose code differs in layout or hardly at all", () => {
  const body = "total = 12 * 3 + 4  # long enough that one character is two percent of it\n".repeat(
    3,
  );
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
  const { traces, dropped } = chooseTraces(problem([twins]), { ...RULES, nearDuplicate: 0.05 });
  assert.deepEqual(traces.map(({ trajectory }) => trajectory.leaf.nodeId), [2, 8]);
  assert.deepEqual(dropped, { near_duplicate: 2 });
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

Deno.test("chooseTraces() says why a problem gives nothing", () => {
  const wrong = problem([tree([answer(0, false)])]);
  assert.deepEqual(chooseTraces(wrong, RULES).dropped, { unsolved: 1 });
  assert.equal(chooseTraces(wrong, RULES).difficulty, "hard");
  const quarantined = { ...RULES, quarantine: ["p/1"] };
  assert.deepEqual(chooseTraces(problem([FOUR]), quarantined).dropped, { quarantined: 1 });
  const mostlyWrong = problem([
    tree([answer(0, true), answer(0, false, { text: "b" }), answer(0, false, { text: "c" })]),
  ]);
  assert.equal(chooseTraces(mostlyWrong, RULES).traces.length, 1, "a trusted source");
  const distrusted = { ...RULES, minCorrectSources: ["test"] };
  assert.deepEqual(chooseTraces(mostlyWrong, distrusted).dropped, { low_correct_share: 1 });
});

Deno.test("chooseTraces() calls a problem easy when all its trajectories are right", () => {
  assert.equal(chooseTraces(problem([tree([answer(0, true)])]), RULES).difficulty, "easy");
});

Deno.test("sftRules() names an unknown rule", () => {
  assert.throws(() => sftRules("paper", { perProblm: 3 }), {
    name: "ConfigError",
    message: /Cannot use these rules for policy data: .*perProblm/,
  });
});
