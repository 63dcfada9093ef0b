import assert from "node:assert/strict";
import {
  type ArmMeasure,
  PRIMARY_CLAIMS,
  ROUND_ABLATION,
  SEARCH_ABLATION,
  type SeedMeasure,
  testClaims,
} from "../../../lib/ablation/mod.ts";
import { scienceJson, scienceMarkdown } from "../../../lib/cli/science/markdown.ts";
import type { ScienceOutcome } from "../../../lib/cli/science/run_science.ts";
import { ScienceConfig, scienceSizes } from "../../../lib/config/mod.ts";

const arm = (scores: readonly number[], figures: ArmMeasure["figures"]): ArmMeasure => ({
  scores: [{ metric: "pass@1", scores: new Map(scores.map((score, i) => [`p${i}`, score])) }],
  figures,
});

const round = (falseSteps: number | null): SeedMeasure =>
  new Map([
    ["before the round", arm([0, 1], {})],
    [
      "after the round",
      arm([1, 1], {
        "share of traces with a false step": falseSteps,
        "traces": 170,
      }),
    ],
  ]);

const search = (tokens: number, bestOfN: number): SeedMeasure =>
  new Map([
    ["search", arm([1, 1], { "tokens a problem": tokens })],
    ["best-of-N", arm([0, 1], { "tokens a problem": bestOfN })],
  ]);

function outcome(rounds: readonly SeedMeasure[], searches: readonly SeedMeasure[]): ScienceOutcome {
  const common = { problems: 2, series: {} };
  return {
    sizes: scienceSizes(ScienceConfig.parse({})),
    suite: "starter_test",
    isQuick: false,
    claims: testClaims(PRIMARY_CLAIMS, rounds.map(() => new Map())),
    parts: [
      { part: { ...common, ablation: ROUND_ABLATION, round: 2 }, seeds: rounds },
      { part: { ...common, ablation: SEARCH_ABLATION, round: 3 }, seeds: searches },
    ],
    suiteUses: {
      evaluations: { uses: 4, problems: 8 },
      trees: { uses: 2, problems: 3 },
      rankings: { uses: 1, problems: 2 },
    },
    codeRev: null,
    finishedAt: new Date(0),
    seconds: 60,
  };
}

const STUDY = outcome(
  [round(0.05), round(0.025), round(null)],
  [search(4000, 4000), search(3000, 2500), search(5000, 5000)],
);

Deno.test("scienceMarkdown() shows what explains the scores: traces with a false step and tokens, by arm and seed", () => {
  const lines = scienceMarkdown(STUDY).split("\n");
  const table = (title: string) => lines.slice(lines.indexOf(`**${title}**`) + 2).slice(0, 4);
  assert.deepEqual(table("What explains it (round, round 2): mean (by seed)"), [
    "| arm | share of traces with a false step | traces |",
    "| --- | ---: | ---: |",
    "| after the round | 3.8 % (5.0 2.5 –) | 170 (170 170 170) |",
    "",
  ]);
  assert.deepEqual(table("What explains it (search, round 3): mean (by seed)"), [
    "| arm | tokens a problem |",
    "| --- | ---: |",
    "| search | 4.00k (4.00k 3.00k 5.00k) |",
    "| best-of-N | 3.83k (4.00k 2.50k 5.00k) |",
  ]);
  assert.match(
    lines.join("\n"),
    /Uses of starter_test .*: 7, namely 4 evaluations \(8 problems\)/,
  );
});

Deno.test("scienceMarkdown() of one seed has no figures by seed", () => {
  const lines = scienceMarkdown(outcome([round(0.05)], [search(4000, 4000)])).split("\n");
  assert.ok(lines.includes("**What explains it (round, round 2): mean**"));
  assert.ok(lines.includes("| after the round | 5.0 % | 170 |"));
});

Deno.test("scienceJson() keeps what explains the scores, as fractions, and every count of uses", () => {
  const { parts, suite_uses, suite_uses_by_kind } = JSON.parse(scienceJson(STUDY));
  assert.deepEqual(parts[0].figures, [
    { arm: "before the round", means: {}, per_seed: {} },
    {
      arm: "after the round",
      means: { "share of traces with a false step": 0.037500000000000006, "traces": 170 },
      per_seed: {
        "share of traces with a false step": [0.05, 0.025, null],
        "traces": [170, 170, 170],
      },
    },
  ]);
  assert.deepEqual(parts[1].figures[1].per_seed, { "tokens a problem": [4000, 2500, 5000] });
  assert.equal(suite_uses, 7);
  assert.deepEqual(suite_uses_by_kind.rankings, { uses: 1, problems: 2 });
});
