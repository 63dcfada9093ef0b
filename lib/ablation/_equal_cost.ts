import { type GradedProblem, mean, type ProblemMetric } from "../evaluation/mod.ts";

/** Mean tokens of a sample, over all problems: prompts, generated ones and, unless they are not wanted, the PPM's. */
export function costOf(
  problems: readonly GradedProblem[],
  { withPpm = true }: { readonly withPpm?: boolean } = {},
): number {
  return mean(
    problems.map(({ samples }) =>
      mean(samples.map(({ tokens, ppmTokens }) => withPpm ? tokens : tokens - ppmTokens))
    ),
  );
}

/** Scores of a rule at a cost. */
export interface CostedScores {
  /** By problem. */
  readonly scores: ReadonlyMap<string, number>;
  /** Tokens a problem that were spent: the cost asked for, unless too few samples were drawn for it. */
  readonly tokens: number;
}

/**
 * Scores a rule on every problem when it may spend so many tokens a problem, interpolated linearly between whole numbers of samples.
 * Where the samples cost less than that all together, all of them are taken.
 */
export function scoresAtCost(
  problems: readonly GradedProblem[],
  { rule, cost, withPpm }: {
    readonly rule: (k: number) => Pick<ProblemMetric, "score">;
    readonly cost: number;
    readonly withPpm: boolean;
  },
): CostedScores {
  const price = costOf(problems, { withPpm });
  const drawn = Math.min(...problems.map(({ samples }) => samples.length));
  const wanted = Math.min(drawn, Math.max(1, cost / price));
  const [below, above] = [rule(Math.floor(wanted)), rule(Math.ceil(wanted))];
  const share = wanted - Math.floor(wanted);
  const scores = new Map(problems.map(({ problemId, samples }) => [
    problemId,
    (1 - share) * below.score(samples) + share * above.score(samples),
  ]));
  return { scores, tokens: wanted * price };
}
