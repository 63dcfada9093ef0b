import assert from "node:assert/strict";
import { chooseScored, type ScoredRules, scoredRules } from "../../lib/export/mod.ts";
import { answer, problem, tree } from "./_trees.ts";

const OUTCOME = scoredRules("default");
const Q = scoredRules("default", { target: "q", perProblem: 9, minRollouts: 2 });

const TREE = tree([
  { parent: 0, text: "A", kw: [4, 2] },
  { parent: 1, text: "B", kw: [1, 1] },
  answer(2, true, { text: "right" }),
  answer(1, false, { text: "wrong" }),
  answer(1, false, { text: "also wrong" }),
]);

const rowsOf = (rules: ScoredRules) =>
  chooseScored(problem([TREE]), rules).rows.map(({ text, target }) => [text, target]);

Deno.test("chooseScored() marks whole trajectories right or wrong", () => {
  const rows = rowsOf({ ...OUTCOME, perProblem: 3 });
  assert.deepEqual(
    new Map(rows.map(([text, target]) => [text, target])),
    new Map([
      ["ABright", 1],
      ["Awrong", 0],
      ["Aalso wrong", 0],
    ]),
  );
  const one = chooseScored(problem([TREE]), { ...OUTCOME, perProblem: 1 });
  assert.deepEqual(one.rows.map(({ target }) => target), [1, 0]);
  assert.deepEqual(one.dropped, { surplus: 1 });
});

Deno.test("chooseScored() gives Q to partial solutions with enough rollouts, and to judged answers", () => {
  assert.deepEqual(rowsOf(Q).sort(), [
    ["A", 0.5],
    ["ABright", 1],
    ["Aalso wrong", -1],
    ["Awrong", -1],
  ]);
  assert.deepEqual(chooseScored(problem([TREE]), Q).dropped, { few_rollouts: 1 });
});

Deno.test("chooseScored() takes as many of every round", () => {
  const trees = [1, 2].flatMap((round) => [0, 1].map((seed) => ({ ...TREE, round, seed })));
  const rounds = (rules: ScoredRules) =>
    chooseScored(problem(trees), rules).rows.map(({ round }) => round);
  assert.deepEqual(rounds({ ...Q, perProblem: 3 }), [1, 1, 1, 2, 2, 2]);
  assert.deepEqual(rounds({ ...Q, perProblem: 3, rounds: "last" }), [2, 2, 2]);
});

Deno.test("chooseScored() needs both outcomes for an outcome model, none for Q", () => {
  const allWrong = problem([tree([{ parent: 0, kw: [2, -2] }, answer(1, false)])]);
  assert.equal(chooseScored(allWrong, OUTCOME).problemDropped, "all_wrong");
  assert.equal(chooseScored(allWrong, Q).rows.length, 2);
});
