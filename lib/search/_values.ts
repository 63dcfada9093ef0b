/** The arithmetic of docs/search.md, "Node statistics": pure functions of a node's statistics. */
import type { PpmCalibration } from "../core/mod.ts";

/** Numbers from which the value of a node is computed. */
export interface NodeStatistics {
  /** `k`. */
  readonly visits: number;
  /** `w`. */
  readonly valueSum: number;
  /** Raw PPM score; `null` = none. */
  readonly logit: number | null;
}

/** PPM score on the scale of end values: q0 = tanh((logit - bias) / scale). */
export function priorValue(logit: number, calibration: PpmCalibration): number {
  return Math.tanh((logit - calibration.bias) / calibration.scale);
}

/** `N`: a PPM score counts as one visit. */
export function visitCount(node: NodeStatistics): number {
  return node.logit === null ? node.visits : node.visits + 1;
}

/** `q`: the PPM's value and all end values. */
export function totalValue(node: NodeStatistics, calibration: PpmCalibration): number {
  return node.logit === null ? node.valueSum : priorValue(node.logit, calibration) + node.valueSum;
}

/** `Q = q / N`; `null` while N = 0. */
export function meanValue(node: NodeStatistics, calibration: PpmCalibration): number | null {
  const n = visitCount(node);
  return n === 0 ? null : totalValue(node, calibration) / n;
}
