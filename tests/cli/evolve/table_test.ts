import assert from "node:assert/strict";
import { type EvolveOutcome, outcomeJson, outcomeLines } from "../../../lib/cli/evolve/table.ts";
import { type RoundMeasures, roundResults } from "../../../lib/rounds/mod.ts";
import type { RunSummary } from "../../../lib/store/mod.ts";

const NOTHING: Omit<RoundMeasures, "round"> = {
  policy: null,
  search: null,
  trees: null,
  cumulative: null,
  leftAlone: null,
  undone: null,
  sftTraces: null,
  falseStepShare: null,
  pairs: null,
  heldOut: null,
  trainingTokens: null,
  evaluationTokens: null,
  seconds: {},
};

function scores(right: number): ReadonlyMap<string, boolean> {
  return new Map(Array.from({ length: 20 }, (_, i) => [`p${i}`, i < right]));
}

function outcome(more: Partial<EvolveOutcome> = {}): EvolveOutcome {
  return {
    run: "evolve",
    db: "data/rstar.duckdb",
    page: "data/evolve/report.html",
    suite: "starter_validation",
    seconds: 125,
    note: null,
    isStarter: true,
    results: roundResults([
      { ...NOTHING, round: 0, policy: scores(5), seconds: { evaluate: 10 } },
      {
        ...NOTHING,
        round: 1,
        policy: scores(15),
        search: scores(18),
        sftTraces: 46,
        falseStepShare: 0.125,
        pairs: 35,
        heldOut: { accuracy: 0.8, problems: 40, round1: { accuracy: 0.7, problems: 20 } },
        seconds: { search: 60, evaluate: 20 },
      },
    ]),
    ...more,
  };
}

/** Cells of the table by the name of their row. */
function cellsOf(lines: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    lines.join("\n").split("\n").filter((line) => line.startsWith("│")).map((line) => {
      const [name = "", ...values] = line.split("│").slice(1, -1).map((cell) => cell.trim());
      return [name, values];
    }),
  );
}

Deno.test("outcomeLines() shows what was measured with its interval, and a dash where nothing was", () => {
  const lines = outcomeLines(outcome());
  const text = lines.join("\n");
  const cells = cellsOf(lines);
  assert.deepEqual(cells[""], ["base", "round 1"]);
  assert.deepEqual(cells["policy pass@1"], ["25.0 [11, 47]", "75.0 [53, 89]"]);
  assert.match(text, /│ {3}change +│ – +│ \+50\.0, p \.002 +│/);
  assert.deepEqual(cells["search pass@1"], ["–", "90.0 [70, 97]"]);
  assert.deepEqual(cells["PPM pairs right"], ["–", "80.0 [65, 90]"]);
  assert.deepEqual(cells["of round 1"], ["–", "70.0 [48, 85]"]);
  assert.deepEqual(cells["policy traces"], ["–", "46"]);
  assert.deepEqual(cells["with a false step"], ["–", "12.5 %"]);
  assert.deepEqual(cells["solved by search"], ["–", "–"]);
  assert.match(text, /say nothing about mathematics/);
});

/** Two rounds of eight problems each; together they searched twenty, as if there had been more. */
function searched(leftAlone: number, undone = 0): EvolveOutcome {
  const trees = (solved: number): RunSummary => ({
    trees: 8,
    nodes: 90,
    rollouts: 70,
    problems: 8,
    solved,
    levels: [{ level: 1, problems: 5, solved: 5 }, {
      level: null,
      problems: 3,
      solved: solved - 5,
    }],
    trajectories: { correct: 10, wrong: 20 },
    depths: [],
    statuses: {},
    promptTokens: 1,
    generatedTokens: 1,
    ppmTokens: 1,
    treeSeconds: 1,
    price: null,
    failedAttempts: 0,
  });
  return outcome({
    results: roundResults([
      { ...NOTHING, round: 0 },
      { ...NOTHING, round: 1, trees: trees(5), cumulative: { problems: 8, solved: 5 } },
      {
        ...NOTHING,
        round: 2,
        trees: trees(6),
        leftAlone,
        undone,
        cumulative: { problems: 20, solved: 15 },
      },
    ]),
  });
}

Deno.test("outcomeLines() shows what each round solved with intervals, by level too, and beside it what all rounds did", () => {
  const shown = cellsOf(outcomeLines(searched(0)));
  assert.deepEqual(shown["solved, level 1"], ["–", "5/5 [57, 100]", "5/5 [57, 100]"]);
  assert.deepEqual(shown["solved, no level"], ["–", "0/3 [0, 56]", "1/3 [6, 79]"]);
  assert.deepEqual(shown["solved by search"], ["–", "62.5 [31, 86]", "75.0 [41, 93]"]);
  assert.deepEqual(shown["all rounds so far"], ["–", "62.5 [31, 86]", "75.0 [53, 89]"]);
  assert.ok(!("easy, left alone" in shown), "where none were left alone, nothing speaks of it");
  assert.deepEqual(cellsOf(outcomeLines(searched(12)))["easy, left alone"], ["–", "–", "12"]);
});

Deno.test("the outcome says how many trees a round went on without, where it did", () => {
  assert.ok(!("trees left out" in cellsOf(outcomeLines(searched(0)))));
  assert.deepEqual(cellsOf(outcomeLines(searched(0, 2)))["trees left out"], ["–", "–", "2"]);
  const { rounds } = JSON.parse(outcomeJson(searched(0, 2)));
  assert.deepEqual(rounds.map(({ undone }: { undone: unknown }) => undone), [null, null, 2]);
});

Deno.test("outcomeJson() gives coverage with intervals, by level and over all rounds", () => {
  const { rounds: [base, , second] } = JSON.parse(outcomeJson(searched(12)));
  const rounded = (interval: readonly number[]) => interval.map((end) => end.toFixed(2));
  assert.equal(second.coverage, 0.75);
  assert.deepEqual(rounded(second.coverage_interval), ["0.41", "0.93"]);
  assert.equal(second.cumulative_coverage, 0.75);
  assert.deepEqual(rounded(second.cumulative_coverage_interval), ["0.53", "0.89"]);
  const [, level] = second.coverage_by_level;
  assert.deepEqual([level.level, level.problems, level.solved], [null, 3, 1]);
  assert.deepEqual(rounded(level.coverage_interval), ["0.06", "0.79"]);
  assert.equal(second.left_alone, 12);
  assert.deepEqual(
    [base.coverage_interval, base.cumulative_coverage, base.cumulative_coverage_interval],
    [null, null, null],
  );
  assert.equal(base.left_alone, null);
});

Deno.test("outcomeLines() says why a run ended early, and of real problems nothing about test worlds", () => {
  const text = outcomeLines(outcome({ note: "Stopped after round 1", isStarter: false })).join(
    "\n",
  );
  assert.match(text, /^Stopped after round 1$/m);
  assert.doesNotMatch(text, /test world/);
});

Deno.test("outcomeJson() is one line with fractions, and null where nothing was measured", () => {
  const text = outcomeJson(outcome());
  assert.doesNotMatch(text, /\n/);
  const { rounds } = JSON.parse(text);
  const { round, policy_pass1, search_pass1, ppm_pair_accuracy, coverage, policy_change } =
    rounds[0];
  assert.deepEqual(
    [round, policy_pass1, search_pass1, ppm_pair_accuracy, coverage, policy_change],
    [0, 0.25, null, null, null, null],
  );
  assert.deepEqual(
    [
      rounds[1].policy_pass1,
      rounds[1].search_pass1,
      rounds[1].ppm_pair_accuracy,
      rounds[1].policy_change.difference,
    ],
    [0.75, 0.9, 0.8, 0.5],
  );
  assert.equal(rounds[0].ppm_pair_accuracy_round_1, null);
  assert.equal(rounds[1].ppm_pair_accuracy_round_1, 0.7);
  const [low, high] = rounds[1].ppm_pair_accuracy_round_1_interval;
  assert.ok(low < 0.7 && 0.7 < high);
  assert.equal(rounds[1].seconds, 80);
  assert.deepEqual(
    rounds.map((one: { readonly false_step_share: unknown }) => one.false_step_share),
    [null, 0.125],
  );
});
