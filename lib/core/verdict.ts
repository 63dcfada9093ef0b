/** Where a verdict was reached. `exact` is the TypeScript path, `symbolic` math-verify in the confined worker. */
export const VERDICT_STAGES = ["exact", "symbolic", "none"] as const;

/** Stage that decided. */
export type VerdictStage = typeof VERDICT_STAGES[number];

/** Judgement of one answer against one reference (docs/evaluation.md, "Grading"). */
export interface Verdict {
  readonly correct: boolean;
  readonly stage: VerdictStage;
  /** Why, in one word: `equal`, `number`, `different`, `no_answer`, `timeout`, `too_complex`, `worker` … */
  readonly reason: string;
  /** The answer that was judged; `null` when none was found. */
  readonly answer: string | null;
  /** Name and version of the grader, e.g. `rstar-1`. A change of version re-scores stored answers. */
  readonly grader: string;
  /** Milliseconds spent. */
  readonly elapsedMs: number;
}
