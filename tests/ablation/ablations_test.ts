import assert from "node:assert/strict";
import {
  ROUND_ABLATION,
  runAblation,
  SEARCH_ABLATION,
  SELECTION_ABLATION,
  SFT_ABLATION,
} from "../../lib/ablation/mod.ts";
import { problem, sample, type Script, scriptedLaboratory } from "./_laboratory.ts";

const signal = new AbortController().signal;
const passes = (ids: readonly string[], isRight: (id: string) => boolean) =>
  ids.map((problemId) => ({ problemId, samples: [sample(isRight(problemId))], failed: 0 }));

/** Searches took 100 tokens a problem; samples take 30 a tree, of which each draw adds one. */
function sftScript(traces: Script["traces"]): Script {
  let draws = 0;
  return {
    problems: ["a", "b", "c"],
    ...(traces === undefined ? {} : { traces }),
    rows: (sql, runNo) => {
      if (sql.includes("solved")) return [["a", true], ["b", true], ["c", runNo === 1]];
      if (runNo === 1) return [["a", 100], ["b", 100], ["c", 20]];
      draws++;
      return [["a", 30 * draws], ["b", 60 * draws], ["c", 30]];
    },
    evaluate: () => passes(["v"], () => true),
  };
}

Deno.test("ablate sft gives every arm the traces of the problems that all of them have, and the same steps", async () => {
  const laboratory = scriptedLaboratory(
    sftScript((_, { order }) => order === "mean-q" ? { a: 2, b: 2, c: 2 } : { a: 2, b: 2 }),
  );
  const { rows, figures } = await runAblation(SFT_ABLATION, { laboratory, signal });
  const { trees, traces, train } = laboratory.asked;
  assert.deepEqual(trees.map(({ problemIds, seeds }) => [problemIds.join(), ...seeds]), [
    ["a,b,c", 0],
    ["a,b", 1],
    ["a", 2],
    ["a", 3],
  ], "samples are drawn until each problem took the tokens of its search");
  assert.deepEqual(traces.map(({ rules, only }) => [rules.order, rules.scorer, [...only ?? []]]), [
    ["mean-q", null, ["a", "b"]],
    ["score", 1001, ["a", "b"]],
    ["random", null, ["a", "b"]],
  ]);
  assert.ok(traces.every(({ rules }) => rules.perProblem === 2 && rules.minPerProblem === 2));
  const policies = train.filter(({ kind }) => kind === "sft");
  assert.deepEqual(policies.map(({ steps, base }) => [steps, base.artifactId]), [
    [4, 1],
    [4, 1],
    [4, 1],
  ], "four traces are one batch, four epochs from the base");
  assert.deepEqual(figures.map(({ figures }) => figures["share solved"]), [1, 2 / 3, 2 / 3]);
  assert.equal(rows.length, 3);
});

Deno.test("ablate sft says so when there is nothing that all arms solved", async () => {
  const laboratory = scriptedLaboratory(
    sftScript((_, { order }) => order === "mean-q" ? { a: 2 } : { b: 2 }),
  );
  await assert.rejects(runAblation(SFT_ABLATION, { laboratory, signal }), {
    name: "UsageError",
    message: "Cannot compare traces of round 2: there is no problem of which every arm has 2 " +
      "different right ones; take more problems, or fewer traces",
  });
});

/** Search is right everywhere and costs 40; samples cost 10, of which the PPM takes 2; two of three are wrong on `w`. */
function searchScript(ids: readonly string[]): Script {
  return {
    evaluate: ({ mode, samples = 1 }) => {
      switch (mode) {
        case "mcts":
          return ids.map((problemId) => ({
            problemId,
            failed: 0,
            samples: [sample(true, { tokens: 40 })],
          }));
        case "greedy":
          return passes(ids, (id) => id !== "w");
        default:
          return ids.map((problemId) => ({
            problemId,
            failed: 0,
            samples: Array.from(
              { length: samples },
              (_, i) =>
                sample(problemId !== "w" || i % 3 === 0, {
                  tokens: 10,
                  ppmTokens: mode === "bon" ? 2 : 0,
                  score: i,
                }),
            ),
          }));
      }
    },
  };
}

Deno.test("ablate search draws as many samples as the search is worth, and tells problems apart by the most frequent answer", async () => {
  const laboratory = scriptedLaboratory({
    ...searchScript(["r", "w"]),
    settings: { samples: 3, seeds: 1 },
    control: scriptedLaboratory({ ...searchScript(["c"]), settings: { samples: 3 } }),
  });
  const { rows, figures } = await runAblation(SEARCH_ABLATION, { laboratory, signal });
  assert.deepEqual(
    laboratory.asked.evaluate.map(({ mode, samples, seed }) => [mode, samples, seed]),
    [
      ["mcts", 1, 0],
      ["greedy", 1, 0],
      ["bon", 2, 0],
      ["bon", 6, 0],
      ["sample", 3, 1_000_003],
    ],
    "40 tokens are five samples without the PPM, and one is added",
  );
  for (const { mode, sampling } of laboratory.asked.evaluate) {
    assert.deepEqual(sampling, mode === "bon" ? laboratory.searchSampling : undefined, mode);
  }
  const found = (metric: string) =>
    Object.fromEntries(
      rows.filter((row) => row.metric === metric).map(({ arm, estimate }) => [arm, estimate]),
    );
  assert.equal(found("pass@1")["search"], 1);
  assert.deepEqual(found("pass@1, most frequent answer right"), {
    "search": 1,
    "best-of-N": 1,
    "majority": 1,
    "weighted majority": 1,
    "greedy": 1,
  });
  assert.deepEqual(found("pass@1, most frequent answer wrong")["greedy"], 0);
  assert.ok((found("pass@1, most frequent answer wrong")["majority"] ?? 1) < 0.5);
  assert.equal(found("control world: pass@1")["search"], 1);
  assert.deepEqual(
    figures.map(({ arm, figures }) => [arm, figures["tokens a problem"]]),
    [["search", 40], ["best-of-N", 40], ["majority", 40], ["weighted majority", 40], [
      "greedy",
      10,
    ]],
  );
});

Deno.test("ablate selection gives unsolved problems a further tree, except without curriculum", async () => {
  const laboratory = scriptedLaboratory({
    traces: () => ({ a: 1 }),
    rows: (sql) => sql.includes("solved") ? [["a", true], ["b", false]] : [["a", 5], ["b", 7]],
    evaluate: () => passes(["v"], () => true),
    settings: { seeds: 2 },
  });
  const { rows, figures } = await runAblation(SELECTION_ABLATION, { laboratory, signal });
  const { trees } = laboratory.asked;
  const seedsOf = (arm: string) =>
    trees.filter(({ key }) => key.startsWith(`${arm}-seed`))
      .map(({ problemIds, seeds }) => `${problemIds.join()}:${seeds.join()}`);
  assert.deepEqual(seedsOf("default"), ["a,b:0", "b:1", "a,b:2", "b:3"]);
  assert.deepEqual(seedsOf("without-curriculum"), ["a,b:0", "a,b:2"]);
  const rules = new Map(trees.map(({ key, spec }) => [key.replace(/-seed-\d+$/, ""), spec]));
  assert.deepEqual(
    ["default", "paper", "released", "without-merging"].map((arm) => {
      const { selection, merge, rollouts } = rules.get(arm) ?? {};
      return [selection, merge, rollouts];
    }),
    [["uct", true, 8], ["uct", false, 8], ["released", false, 8], ["uct", false, 8]],
  );
  assert.equal(rows.filter(({ metric }) => metric === "solved").length, 5);
  assert.equal(figures[0]?.figures["tokens of the trees"], 12);
});

Deno.test("ablate round compares the policies before and after it, alone and as what fresh trees solve", async () => {
  const laboratory = scriptedLaboratory({
    suite: [problem("easy", 1), problem("hard", 4), problem("harder", 4), problem("alone", 4)],
    settings: { searchProblems: 2 },
    falseSteps: (path) => path === "round-2/sft" ? 0.25 : null,
    rows: (_, runNo) => runNo === 100 ? [["easy", true]] : [["easy", true], ["hard", true]],
    evaluate: ({ policy }) =>
      passes(["easy", "hard", "harder", "alone"], (id) => policy.artifactId === 3 || id !== "hard"),
  });
  const { rows, figures } = await runAblation(ROUND_ABLATION, { laboratory, signal });
  assert.deepEqual(figures.map(({ arm, figures }) => [arm, figures]), [
    ["before the round", {}],
    ["after the round", { "share of traces with a false step": 0.25, "traces": 7 }],
  ], "of what the policy was trained on in the round");
  assert.deepEqual(rows.map(({ metric, arm, estimate }) => `${metric}, ${arm}: ${estimate}`), [
    "pass@1, before the round: 0.75",
    "pass@1, after the round: 1",
    "solved by a fresh tree, level 3 and up, before the round: 0",
    "solved by a fresh tree, level 3 and up, after the round: 0.5",
  ]);
  assert.deepEqual(
    laboratory.asked.trees.map(({ key, round, spec: { guidance, candidates }, ppm }) =>
      [key, round, guidance, candidates, ppm] as const
    ),
    [["coverage", 1, "terminal", 5, null], ["coverage", 2, "terminal", 5, null]],
    "trees of one size, that of the first round, which the ablation of the next round finds again",
  );
  assert.deepEqual(laboratory.asked.trees[0]?.problemIds, ["hard", "harder"]);
});

Deno.test("ablate round searches whatever there is in a suite without hard problems", async () => {
  const laboratory = scriptedLaboratory({
    suite: [problem("easy", 1), problem("unknown", null)],
    rows: () => [["easy", true]],
    evaluate: () => passes(["easy", "unknown"], () => true),
  });
  const { rows } = await runAblation(ROUND_ABLATION, { laboratory, signal });
  assert.deepEqual(
    rows.filter(({ metric }) => metric !== "pass@1").map(({ metric, estimate }) => [
      metric,
      estimate,
    ]),
    [["solved by a fresh tree", 0.5], ["solved by a fresh tree", 0.5]],
  );
});

Deno.test("runAblation() measures seed by seed and stops between two of them", async () => {
  const controller = new AbortController();
  const laboratory = scriptedLaboratory({
    settings: { seeds: 3 },
    suite: [problem("v")],
    evaluate: () => passes(["v"], () => true),
  });
  const begun: number[] = [];
  await assert.rejects(
    runAblation(ROUND_ABLATION, {
      laboratory,
      onSeed: (seed) => {
        begun.push(seed);
        if (seed === 1) controller.abort(new Error("stopped"));
      },
      signal: controller.signal,
    }),
    { message: "stopped" },
  );
  assert.deepEqual(begun, [0, 1]);
});
