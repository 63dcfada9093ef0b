import type { TreeAnswer } from "./final_answer.ts";

/** Rules that make one answer of several trees' answers (algorithm.md 3.7). */
export const VOTE_RULES = ["best-ppm", "majority", "ppm-weighted"] as const;

/** Rule across trees. */
export type VoteRule = typeof VOTE_RULES[number];

/** Options of {@linkcode voteAcrossTrees}. */
export interface VoteOptions {
  readonly rule: VoteRule;
  /** Answers with equal keys count as one answer. */
  readonly answerKey: (answer: string) => string;
}

/**
 * The answer of several trees; `null` when there are none. `best-ppm`: the highest logit; `majority`: the most frequent answer;
 * `ppm-weighted`: the largest sum of weights. Ties: the answer that came first.
 */
export function voteAcrossTrees(
  answers: readonly TreeAnswer[],
  options: VoteOptions,
): string | null {
  const totals = new Map<string, { readonly answer: string; score: number }>();
  for (const candidate of answers) {
    const key = options.answerKey(candidate.answer);
    const total = totals.get(key) ?? { answer: candidate.answer, score: -Infinity };
    totals.set(key, total);
    if (options.rule === "best-ppm") total.score = Math.max(total.score, candidate.score);
    else {
      const weight = options.rule === "majority" ? 1 : candidate.weight;
      total.score = (total.score === -Infinity ? 0 : total.score) + weight;
    }
  }
  let best: { readonly answer: string; readonly score: number } | null = null;
  for (const total of totals.values()) if (best === null || total.score > best.score) best = total;
  return best?.answer ?? null;
}
