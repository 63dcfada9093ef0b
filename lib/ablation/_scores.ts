import type { EvaluationModeName } from "../core/mod.ts";
import { type GradedProblem, headlineMetric } from "../evaluation/mod.ts";
import type { ArmScores } from "./ablation.ts";

/** Scores every problem by the metric by which a mode is judged. */
export function headlineScores(
  problems: readonly GradedProblem[],
  { mode, of = "" }: {
    readonly mode: EvaluationModeName;
    /** Name of the thing measured, put before the metric's name. @default "" */
    readonly of?: string;
  },
): ArmScores {
  const { name, score } = headlineMetric(mode, problems[0]?.samples.length ?? 1);
  return {
    metric: `${of}${name}`,
    scores: new Map(problems.map(({ problemId, samples }) => [problemId, score(samples)])),
  };
}
