import type { NodeStatus } from "../core/mod.ts";
import type { Segment } from "../domain/domain.ts";
import { cleanPath } from "./_code_path.ts";
import type { TreeNode } from "./_node.ts";
import type { SearchSpec } from "./spec.ts";

/** Fewest tokens that a segment needs; a path with less room below the policy's context length is too deep. */
export const MIN_SEGMENT_TOKENS = 16;

/** Data that a new child is made from. */
export interface NewChildOptions {
  readonly segment: Segment;
  readonly drawIndex: number;
  readonly multiplicity: number;
  readonly generatedTokens: number;
  readonly contextTokens: number;
  readonly spec: SearchSpec;
}

/** The node above all others. */
export function newRoot(): TreeNode {
  return {
    ...blank(),
    id: 0,
    parent: null,
    depth: 0,
    kind: "root",
    text: "",
    solution: "",
    code: null,
    answer: null,
    mergeKey: "",
    drawIndex: 0,
    generatedTokens: 0,
    openLeaves: 1,
  };
}

/** A child as drawn: failed candidates are closed, everything else is an open leaf that nothing has looked at yet. */
export function newChild(parent: TreeNode, options: NewChildOptions): TreeNode {
  const { segment, drawIndex, multiplicity, generatedTokens, contextTokens, spec } = options;
  const status = drawnStatus(segment, { depth: parent.depth + 1, contextTokens, spec });
  return {
    ...blank(),
    parent,
    depth: parent.depth + 1,
    kind: segment.kind,
    status,
    text: segment.text,
    solution: parent.solution + segment.text,
    code: segment.code,
    answer: segment.answer,
    mergeKey: segment.mergeKey,
    drawIndex,
    multiplicity,
    generatedTokens,
    contextTokens,
    terminal: status !== "ok" || segment.kind === "answer",
    closed: status !== "ok",
    codePath: parent.codePath,
    failedInRow: parent.failedInRow,
  };
}

/**
 * Status of a segment before anything runs. Only an answer may be as deep as the limit, for nothing can follow code there; with
 * `closing` "when-met" code may, and its answer lies below the limit.
 */
function drawnStatus(
  segment: Segment,
  options: {
    readonly depth: number;
    readonly contextTokens: number;
    readonly spec: SearchSpec;
  },
): NodeStatus {
  const { depth, contextTokens, spec } = options;
  if (segment.failure !== null) return segment.failure;
  if (segment.kind === "answer") return "ok";
  const hasRoom = contextTokens + MIN_SEGMENT_TOKENS <= spec.modelLength;
  const deepestCode = spec.closing === "when-met" ? spec.maxDepth : spec.maxDepth - 1;
  return depth <= deepestCode && hasRoom ? "ok" : "too_deep";
}

function blank() {
  return {
    id: -1,
    status: "ok",
    execution: null,
    correct: null,
    multiplicity: 1,
    contextTokens: 0,
    visits: 0,
    valueSum: 0,
    logit: null,
    children: [],
    draws: 0,
    drawBatches: 0,
    policyLogprob: -Infinity,
    openForks: 0,
    terminal: false,
    closed: false,
    openLeaves: 0,
    inFlight: 0,
    claimed: false,
    codePath: cleanPath(),
    executionKey: null,
    carriedCode: "",
    failedInRow: 0,
  } satisfies Partial<TreeNode>;
}
