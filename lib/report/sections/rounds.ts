import { z } from "zod";
import { wilsonInterval } from "../../evaluation/mod.ts";
import { measured, optionalText, readRows, type ReportContext } from "../_context.ts";
import type { MeasuredEvaluation } from "../_evaluations.ts";
import { clip } from "../_text.ts";
import { type Column, emptySection, type Row, type Section } from "../document.ts";
import { newestByName } from "./evaluations.ts";

const roundRow = z.object({
  round: z.number(),
  state: optionalText,
  problems: z.number(),
  solved: z.number(),
  problems_so_far: z.number(),
  solved_so_far: z.number(),
  left_alone: measured,
  undone: measured,
  sft_rows: measured,
  pair_rows: measured,
  false_steps: measured,
  pair_accuracy: measured,
  held_out_problems: measured,
  first_pair_accuracy: measured,
  first_held_out_problems: measured,
  tokens: measured,
  seconds: measured,
});

/** Kinds of evaluations that get a column. */
const SHOWN_KINDS = 4;

const HEAD = { id: "rounds", title: "Rounds" };

const A_PPM = "role = 'ppm' AND kind = 'checkpoint'";

/** The newest value that rows of artifacts have at a place of their notes. */
function newest(place: string, of: string): string {
  return `max_by(TRY_CAST(meta ->> '$.${place}' AS DOUBLE), artifact_id) FILTER (${of})`;
}

/** One row a round: what it solved, what it gave to training, and how its checkpoints score. */
export async function roundsSection(
  { reader, run }: ReportContext,
  evaluations: readonly MeasuredEvaluation[],
): Promise<Section> {
  const rounds = await readRows(reader, roundRow, {
    sql: `WITH made AS (
        SELECT a.round_no AS round, max_by(n_rows, artifact_id) FILTER (kind = 'sft') AS sft_rows,
          max_by(n_rows, artifact_id) FILTER (kind = 'pairs') AS pair_rows,
          ${newest("falseStepShare", "kind = 'sft'")} AS false_steps,
          ${newest("heldOut.pairAccuracy", A_PPM)} AS pair_accuracy,
          ${newest("heldOut.problems", A_PPM)} AS held_out_problems,
          ${newest("heldOut.round1.pairAccuracy", A_PPM)} AS first_pair_accuracy,
          ${newest("heldOut.round1.problems", A_PPM)} AS first_held_out_problems
        FROM artifact a JOIN run r USING (run_no) WHERE r.name = $1 GROUP BY ALL)
      SELECT round, state, problems, solved, problems_so_far, solved_so_far,
        TRY_CAST(params ->> '$.leftAlone' AS BIGINT) AS left_alone,
        TRY_CAST(params ->> '$.undone' AS BIGINT) AS undone,
        sft_rows, pair_rows, false_steps, pair_accuracy, held_out_problems, first_pair_accuracy, first_held_out_problems, tokens, seconds
      FROM rounds LEFT JOIN made USING (round) WHERE run = $1 ORDER BY round`,
    parameters: [run],
  });
  if (rounds.length === 0) return emptySection({ ...HEAD, lead: "The run has no rounds." });
  const scores = scoreColumns(evaluations.filter((evaluation) => evaluation.run === run));
  return {
    ...HEAD,
    lead:
      "Round 0 of an evolve run is the base; a plain search is round 0 as well. Solved: by the round's trees, of the problems that they " +
      "searched; so far: by any tree of this round and those before it, of all that they searched. Scores are those of the round's checkpoints; PPMs of different " +
      "rounds are compared on the pairs of round 1. Intervals are Wilson's, 95 %; tokens and tree seconds are those of the search.",
    blocks: [{
      type: "table",
      id: "rounds",
      title: "Rounds",
      columns: [
        { key: "round", label: "round", format: "integer" },
        { key: "state", label: "state", format: "text" },
        { key: "problems", label: "problems", format: "integer" },
        { key: "coverage", label: "solved", format: "percent", interval: ["low", "high"] },
        {
          key: "cumulative_coverage",
          label: "solved so far",
          format: "percent",
          interval: ["cumulative_low", "cumulative_high"],
        },
        ...(rounds.some(({ left_alone }) => (left_alone ?? 0) > 0)
          ? [{ key: "left_alone", label: "easy, left alone", format: "integer" } as const]
          : []),
        ...(rounds.some(({ undone }) => (undone ?? 0) > 0)
          ? [{ key: "undone", label: "trees left out", format: "integer" } as const]
          : []),
        ...scores.map(({ column }) => column),
        {
          key: "pair_accuracy",
          label: "PPM pair accuracy",
          format: "percent",
          interval: ["pair_low", "pair_high"],
        },
        {
          key: "first_pair_accuracy",
          label: "on round 1's pairs",
          format: "percent",
          interval: ["first_pair_low", "first_pair_high"],
        },
        { key: "sft_rows", label: "traces", format: "integer" },
        ...(rounds.some(({ false_steps }) => false_steps !== null)
          ? [{ key: "false_steps", label: "with a false step", format: "percent" } as const]
          : []),
        { key: "pair_rows", label: "pair groups", format: "integer" },
        { key: "tokens", label: "tokens", format: "integer" },
        { key: "seconds", label: "tree seconds", format: "number" },
      ],
      rows: rounds.map(({ solved, ...row }) => ({
        ...row,
        ...coverage(row.problems, solved),
        ...cumulativeCoverage(row.problems_so_far, row.solved_so_far),
        ...pairInterval("pair", row.pair_accuracy, row.held_out_problems),
        ...pairInterval("first_pair", row.first_pair_accuracy, row.first_held_out_problems),
        ...Object.assign({}, ...scores.map(({ cells }) => cells(row.round))),
      })),
    }],
  };
}

function coverage(
  problems: number,
  solved: number,
): Readonly<Record<"coverage" | "low" | "high", number | null>> {
  if (problems === 0) return { coverage: null, low: null, high: null };
  return {
    coverage: solved / problems,
    ...wilsonInterval({ successes: solved, trials: problems }),
  };
}

function cumulativeCoverage(problems: number, solved: number): Row {
  const { coverage: share, low, high } = coverage(problems, solved);
  return { cumulative_coverage: share, cumulative_low: low, cumulative_high: high };
}

/** Pairs of a problem go together: its problems are what there is of them. */
function pairInterval(name: string, accuracy: number | null, problems: number | null): Row {
  const { low, high } = coverage(problems ?? 0, (accuracy ?? 0) * (problems ?? 0));
  const isKnown = accuracy !== null;
  return { [`${name}_low`]: isKnown ? low : null, [`${name}_high`]: isKnown ? high : null };
}

interface ScoreColumn {
  readonly column: Column;
  readonly cells: (round: number) => Row;
}

/** Names the things that evaluations must share to stand in one column: figures of different k are different figures. */
function kindOf({ suite, mode, summary }: MeasuredEvaluation): string {
  return [suite, mode, ...(summary.headline === null ? [] : [summary.headline.metric])].join(", ");
}

/** A column for each suite, mode and figure, those with most rounds first. */
function scoreColumns(evaluations: readonly MeasuredEvaluation[]): readonly ScoreColumn[] {
  const kinds = [...Map.groupBy(evaluations, kindOf)]
    .map(([name, own]) => ({ name, own: newestByName(own) }))
    .sort((a, b) => b.own.length - a.own.length)
    .slice(0, SHOWN_KINDS);
  return kinds.map(({ name, own }, i) => {
    const keys = [`score_${i}_low`, `score_${i}_high`] as const;
    return {
      column: { key: `score_${i}`, label: clip(name, 60), format: "percent", interval: keys },
      cells: (round) => {
        const headline = own.find((one) => one.round === round)?.summary.headline;
        return {
          [`score_${i}`]: headline?.value ?? null,
          [keys[0]]: headline?.interval.low ?? null,
          [keys[1]]: headline?.interval.high ?? null,
        };
      },
    };
  });
}
