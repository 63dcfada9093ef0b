import { averageMetric, type GradedProblem, type ProblemMetric } from "../evaluation/mod.ts";
import type { ArmScores } from "./ablation.ts";

/** A metric of every problem. */
export function scoresBy(
  problems: readonly GradedProblem[],
  { name, score }: Pick<ProblemMetric, "name" | "score">,
): ArmScores {
  return {
    metric: name,
    scores: new Map(problems.map(({ problemId, samples }) => [problemId, score(samples)])),
  };
}

/** Share of right samples of every problem. */
export function passScores(
  problems: readonly GradedProblem[],
  metric = "pass@1",
): ArmScores {
  return { ...scoresBy(problems, averageMetric(problems[0]?.samples.length ?? 1)), metric };
}
