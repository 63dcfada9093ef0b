import assert from "node:assert/strict";
import { type EvolveOutcome, outcomeJson, outcomeLines } from "../../../lib/cli/evolve/table.ts";
import { type RoundMeasures, roundResults } from "../../../lib/rounds/mod.ts";

const NOTHING: Omit<RoundMeasures, "round"> = {
  policy: null,
  search: null,
  trees: null,
  sftTraces: null,
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
        pairs: 35,
        heldOut: { accuracy: 0.8, problems: 40 },
        seconds: { search: 60, evaluate: 20 },
      },
    ]),
    ...more,
  };
}

Deno.test("outcomeLines() shows what was measured with its interval, and a dash where nothing was", () => {
  const text = outcomeLines(outcome()).join("\n");
  const cells = Object.fromEntries(
    text.split("\n").filter((line) => line.startsWith("│")).map((line) => {
      const [name = "", ...values] = line.split("│").slice(1, -1).map((cell) => cell.trim());
      return [name, values];
    }),
  );
  assert.deepEqual(cells[""], ["base", "round 1"]);
  assert.deepEqual(cells["policy pass@1"], ["25.0 [11, 47]", "75.0 [53, 89]"]);
  assert.match(text, /│ {3}change +│ – +│ \+50\.0, p \.002 +│/);
  assert.deepEqual(cells["search pass@1"], ["–", "90.0 [70, 97]"]);
  assert.deepEqual(cells["PPM pairs right"], ["–", "80.0 [65, 90]"]);
  assert.deepEqual(cells["policy traces"], ["–", "46"]);
  assert.deepEqual(cells["solved by search"], ["–", "–"]);
  assert.match(text, /say nothing about mathematics/);
});

Deno.test("outcomeLines() says why a run ended early, and of real problems nothing about laboratory animals", () => {
  const text = outcomeLines(outcome({ note: "Stopped after round 1", isStarter: false })).join(
    "\n",
  );
  assert.match(text, /^Stopped after round 1$/m);
  assert.doesNotMatch(text, /laboratory/);
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
  assert.equal(rounds[1].seconds, 80);
});
