/** Ways to make answers of a policy (docs/evaluation.md, "Modes"). */
export const EVALUATION_MODES = ["greedy", "sample", "bon", "mcts", "beam"] as const;

/** Name of a way to make answers. */
export type EvaluationModeName = typeof EVALUATION_MODES[number];
