import { shortDuration, shortNumber } from "../../core/mod.ts";
import type { RunSummary } from "../../store/mod.ts";
import { undoneWayOn } from "../unfinished.ts";

/** How a run of `synth` ended. */
export interface SynthOutcome {
  readonly run: string;
  readonly db: string;
  readonly summary: RunSummary;
  /** Trees that were wanted and are not stored. */
  readonly undone: number;
  /** Those of them that failed so often that they are not tried again. */
  readonly givenUp: number;
  /** Reason why some trees were not begun, as a phrase; `null` when there was none. */
  readonly stoppedBy: string | null;
  readonly seconds: number;
}

/** The summary for people: what came out, what it cost, what to type next. */
export function summaryLines(outcome: SynthOutcome): readonly string[] {
  const { summary, run, db } = outcome;
  const { trajectories, depths, statuses } = summary;
  const perSolved = (value: number) =>
    summary.solved === 0
      ? "none solved"
      : `${shortNumber(value / summary.solved)} per solved problem`;
  const failed = Object.entries(statuses).filter(([status]) => status !== "ok");
  return [
    `Run "${run}": ${summary.trees} trees of ${summary.problems} problems, ${summary.nodes} nodes, ` +
    `${summary.rollouts} rollouts in ${shortDuration(outcome.seconds)}`,
    `Solved: ${summary.solved} of ${summary.problems}` +
    summary.levels.map(({ level, problems, solved }) =>
      `; level ${level ?? "none"}: ${solved}/${problems}`
    ).join(""),
    `Trajectories: ${trajectories.correct} right, ${trajectories.wrong} wrong`,
    `Mean Q by depth: ${
      depths.map(({ depth, meanQ }) => `${depth}: ${meanQ.toFixed(2)}`).join(", ")
    }`,
    `Failed candidates: ${failed.map(([status, n]) => `${n} ${status}`).join(", ") || "none"}`,
    `Tokens: ${shortNumber(summary.generatedTokens)} generated, ${
      perSolved(summary.generatedTokens)
    }; ` +
    `tree seconds: ${perSolved(summary.treeSeconds)}` +
    (summary.price === null ? "" : `; price ${summary.price.toFixed(4)}`),
    ...(outcome.undone === 0 ? [] : [
      `${outcome.undone} trees are left undone` +
      (outcome.stoppedBy === null ? "" : `, because ${outcome.stoppedBy} was reached`) +
      `; ${undoneWayOn(outcome)}`,
    ]),
    "",
    "Next, for instance:",
    `  deno task view --db ${db}   # trees and steps in the browser`,
    `  deno task sql --db ${db} "select problem_id, level, solved, rollouts from trees order by 2, 1"`,
    `  deno task export --db ${db} --run ${run} --out data/export   # training data from these trees`,
    "  deno task evolve --quick   # rounds of search and training with the model that ships",
  ];
}

/** The same for programs. Rates are fractions; `null` where nothing was measured. */
export function summaryJson(outcome: SynthOutcome): string {
  const { summary } = outcome;
  return JSON.stringify({
    run: outcome.run,
    db: outcome.db,
    seconds: outcome.seconds,
    undone: outcome.undone,
    stopped_by: outcome.stoppedBy,
    solved_rate: summary.problems === 0 ? null : summary.solved / summary.problems,
    ...summary,
  });
}
