/**
 * Records that a finished search leaves behind. `search` makes them, `store` keeps them, `export`, `report` and `viewer` read them back.
 * Names follow docs/search.md, "Objects" and "Node statistics".
 */

/** Kinds of node, by the stop string that ended the segment. `failed` = no usable segment (truncated, unparsable). */
export const NODE_KINDS = ["root", "step", "code_end", "answer", "failed"] as const;

/** Kind of a node. */
export type NodeKind = typeof NODE_KINDS[number];

/** How a node ended. Everything but `ok` and `screened_out` is a failed candidate. */
export const NODE_STATUSES = [
  "ok",
  "code_error",
  "too_deep",
  "unparsable",
  "truncated",
  "screened_out",
] as const;

/** Status of a node. */
export type NodeStatus = typeof NODE_STATUSES[number];

/** How the sandbox judged a step; every status but `ok` is a failed step. */
export const EXECUTION_STATUSES = ["ok", "error", "timeout", "memory", "output_truncated"] as const;

/** Status of an execution. */
export type ExecutionStatus = typeof EXECUTION_STATUSES[number];

/** Result of running a node's code. */
export interface ExecutionRecord {
  readonly status: ExecutionStatus;
  /** Printed text (or the value of a trailing expression), cut to what is kept. */
  readonly stdout: string;
  readonly errorType: string | null;
  readonly errorMessage: string | null;
  /** One-based line in the step's own code. */
  readonly errorLine: number | null;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Whether the result came from the execution cache of the problem. */
  readonly cached: boolean;
}

/** One node of a finished tree. */
export interface NodeRecord {
  /** Position in the tree's list, the root is 0; parents come before their children. */
  readonly nodeId: number;
  /** `null` for the root. */
  readonly parentId: number | null;
  /** Root 0, every sampled segment +1. */
  readonly depth: number;
  readonly kind: NodeKind;
  readonly status: NodeStatus;
  /** Segment as the policy wrote it, stop string included; after `<end_of_code>` the `<output>` block that the harness wrote. */
  readonly text: string;
  /** Python of the segment; `null` for root and answers. */
  readonly code: string | null;
  readonly execution: ExecutionRecord | null;
  /** `k`: rollouts that passed through. */
  readonly visits: number;
  /** `w`: sum of their end values. */
  readonly valueSum: number;
  /** Raw PPM logit; `null` without a PPM, and of an answer that was judged. */
  readonly ppmLogit: number | null;
  /** `Q` (docs/search.md, "Node statistics"), in [-1, 1]; of a judged answer its judgement; `null` where it is undefined (N = 0). */
  readonly qValue: number | null;
  /** Mean Q over the steps from the first one to this node; `null` where a Q on the path is undefined. */
  readonly pathQ: number | null;
  /** How many equal candidates were merged into this one. */
  readonly multiplicity: number;
  /** Order of the first drawn text among all draws of its parent. */
  readonly drawIndex: number;
  readonly terminal: boolean;
  /** Whether no further selection may enter the node. */
  readonly closed: boolean;
  /** Judgement of an answer; `null` for everything else, and at test time. */
  readonly correct: boolean | null;
  /** Extracted answer of an answer node. */
  readonly answer: string | null;
  /** Tokens the policy generated for this segment (first drawn text). */
  readonly generatedTokens: number;
  /** Probabilities of a node that grew from forks; absent where nodes are samples. */
  readonly forks?: NodeForks;
}

/** How much of the policy a node stands for (docs/search.md, "Forks"). */
export interface NodeForks {
  /** Logarithm of the probability that the policy writes this step, in one of the texts that were drawn, behind its parent. */
  readonly policyLogprob: number;
  /** Share of the policy's texts that the node stands for: its draws' weights, times the mass of its parent; the root's is 1. */
  readonly mass: number;
  /** Mean end value below the node, weighted by mass; `null` where nothing below it has one. */
  readonly massQ: number | null;
}

/** One rollout: selection, expansions, one backup. */
export interface RolloutRecord {
  /** Node that the end value was backed up from; `null` when the rollout changed nothing. */
  readonly leafId: number | null;
  /** +1 right, -1 wrong, 0 when nothing was backed up; at test time the PPM's q0. */
  readonly value: number;
}

/** Cost of a tree. Discarded and merged draws are included. */
export interface TreeUsage {
  readonly policyRequests: number;
  /** Tokens of prompts sent to the policy, once per request. */
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly ppmRequests: number;
  readonly ppmTokens: number;
  readonly executions: number;
  readonly executionsCached: number;
  /** Seconds spent waiting for each, queueing included. */
  readonly policySeconds: number;
  readonly ppmSeconds: number;
  readonly sandboxSeconds: number;
  /** By the configured prices; `null` where none is configured. */
  readonly price: number | null;
}

/** Why a tree stopped growing. */
export const STOP_REASONS = ["budget", "early_stop", "closed", "tokens", "time"] as const;

/** Why a tree stopped growing. */
export type StopReason = typeof STOP_REASONS[number];

/** Forks that a finished tree did not take. */
export interface TreeForks {
  /** Probability of all open forks together. */
  readonly openMass: number;
  /** Forks that nothing could be drawn behind: no room in the context, or a text that encodes to other tokens. */
  readonly skipped: number;
}

/** A finished search tree: one problem and one seed. */
export interface TreeRecord {
  /** Forks that are left; absent where expansions were samples. */
  readonly forks?: TreeForks;
  readonly problemId: string;
  /** 0 … 4095 (docs/architecture.md, "store"). */
  readonly seed: number;
  readonly nodes: readonly NodeRecord[];
  readonly rollouts: readonly RolloutRecord[];
  readonly stopReason: StopReason;
  /** Rollouts that ended in a right answer for the first time at that leaf, and in a wrong one. */
  readonly correctTerminals: number;
  readonly wrongTerminals: number;
  /** One-based rollout that found the first right answer; `null` if none did. */
  readonly firstCorrectRollout: number | null;
  readonly usage: TreeUsage;
  readonly wallMs: number;
}
