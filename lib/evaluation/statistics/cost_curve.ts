/**
 * Accuracy against cost (tokens, or whatever else is counted). Score and cost of a problem are always drawn together, because hard
 * problems cost more and are solved less.
 *
 * See docs/evaluation.md, "Equal tokens".
 */
import { checkLength, checkSameLength } from "./_checks.ts";
import { type ResampleOptions, resampleTotals } from "./_resample.ts";
import { percentileInterval } from "./bootstrap.ts";
import type { Interval } from "./interval.ts";
import { signFlipDraws } from "./sign_flip.ts";
import { mean } from "./standard_error.ts";
import { testByDraws, type TestedDifference } from "./tested_difference.ts";

/** Scores and costs of a method that may use 1, 2, 4 … samples a problem. */
export interface CostSeries {
  /** Samples a problem, ascending. */
  readonly ks: readonly number[];
  /** For each k, the score of every problem. */
  readonly scores: readonly ArrayLike<number>[];
  /** Mean cost of one sample of every problem. */
  readonly costs: ArrayLike<number>;
}

/** A method at one price. */
export interface PricedScores {
  /** Score of every problem. */
  readonly scores: ArrayLike<number>;
  /** Cost of every problem. */
  readonly costs: ArrayLike<number>;
}

/** One point of a curve. */
export interface CurvePoint {
  /** Samples a problem. */
  readonly k: number;
  /** Mean cost a problem. */
  readonly cost: number;
  readonly costInterval: Interval;
  readonly score: number;
  readonly scoreInterval: Interval;
}

/** Options of a curve. */
export interface CurveOptions extends ResampleOptions {
  /** Share of intervals that hold the true value. @default 0.95 */
  readonly level?: number;
}

/**
 * Points of a method's curve: mean score at k samples against the mean cost of k samples.
 *
 * @throws {RangeError} If there are no problems or no k, or the lists differ in length.
 */
export function costCurve(series: CostSeries, options: CurveOptions = {}): readonly CurvePoint[] {
  checkSeries(series);
  const problems = series.costs.length;
  const columns = [series.costs, ...series.scores].map((column) => Float64Array.from(column));
  const [costs, ...scores] = resampleTotals(columns, options);
  const cost = mean(series.costs);
  return series.ks.map((k, i) => ({
    k,
    cost: k * cost,
    costInterval: percentileInterval(
      (costs as Float64Array).map((total) => k * total / problems),
      options.level,
    ),
    score: mean(series.scores[i] as ArrayLike<number>),
    scoreInterval: percentileInterval(
      (scores[i] as Float64Array).map((total) => total / problems),
      options.level,
    ),
  }));
}

/** A method against another one that may spend as much. */
export interface EqualCostComparison {
  /** Mean cost a problem of the method, at which both are compared. */
  readonly cost: number;
  readonly score: number;
  /** Score of the baseline at that cost, read off its curve; `null` where the curve does not reach there. */
  readonly baselineScore: number | null;
  /** Samples a problem that the baseline gets for that cost. */
  readonly baselineSamples: number;
  /** Method less baseline; `null` where the curve does not reach there. */
  readonly difference: TestedDifference | null;
  /**
   * Share of resamples whose cost lay beyond an end of the baseline's curve and that were compared with that end. A large share
   * says that the baseline needs more samples.
   */
  readonly beyondCurve: number;
}

/**
 * Compares a method with a baseline at the method's mean cost, by straight lines between the points of the baseline's curve. Method,
 * baseline and cost are recomputed on every draw of problems; a difference must hold as well when the signs of the problems' differences
 * at that cost are flipped, for a bootstrap alone is too sure where few problems differ.
 *
 * @param method Scores and costs of the same problems as the baseline's, in the same order.
 * @throws {RangeError} If there are no problems or no k, or the lists differ in length.
 */
export function compareAtEqualCost(
  method: PricedScores,
  baseline: CostSeries,
  options: CurveOptions = {},
): EqualCostComparison {
  checkSeries(baseline);
  for (const list of [method.scores, method.costs]) {
    checkSameLength("a comparison at equal cost", list, baseline.costs);
  }
  const cost = mean(method.costs);
  const score = mean(method.scores);
  const baselineSamples = cost / mean(baseline.costs);
  const means = baseline.scores.map(mean);
  const point = readCurve(baseline.ks, means, baselineSamples);
  if (point.isBeyond) {
    return { cost, score, baselineScore: null, baselineSamples, difference: null, beyondCurve: 1 };
  }
  const { draws, beyondCurve } = drawDifferences(method, baseline, options);
  const differences = Float64Array.from(method.scores, (own, problem) => {
    const curve = baseline.scores.map((scores) => scores[problem] as number);
    return own - readCurve(baseline.ks, curve, baselineSamples).score;
  });
  return {
    cost,
    score,
    baselineScore: point.score,
    baselineSamples,
    difference: {
      difference: score - point.score,
      ...testByDraws([draws, signFlipDraws(differences, options)], options),
    },
    beyondCurve,
  };
}

function drawDifferences(method: PricedScores, baseline: CostSeries, options: ResampleOptions) {
  const problems = baseline.costs.length;
  const columns = [method.scores, method.costs, baseline.costs, ...baseline.scores]
    .map((column) => Float64Array.from(column));
  const [scores, costs, baselineCosts, ...curve] = resampleTotals(columns, options);
  let beyond = 0;
  const draws = (scores as Float64Array).map((total, i) => {
    const samples = (costs?.[i] as number) / (baselineCosts?.[i] as number);
    const { score, isBeyond } = readCurve(
      baseline.ks,
      curve.map((totals) => (totals[i] as number) / problems),
      samples,
    );
    if (isBeyond) beyond++;
    return total / problems - score;
  });
  return { draws, beyondCurve: beyond / draws.length };
}

/** Score between two points of a curve; the nearer end beyond it. */
function readCurve(ks: readonly number[], scores: readonly number[], samples: number) {
  const last = ks.length - 1;
  const above = ks.findIndex((k) => k >= samples);
  if (above === -1) return { score: scores[last] as number, isBeyond: true };
  const [k, score] = [ks[above] as number, scores[above] as number];
  if (k === samples) return { score, isBeyond: false };
  if (above === 0) return { score, isBeyond: true };
  const [lowK, lowScore] = [ks[above - 1] as number, scores[above - 1] as number];
  return {
    score: lowScore + (score - lowScore) * (samples - lowK) / (k - lowK),
    isBeyond: false,
  };
}

function checkSeries({ ks, scores, costs }: CostSeries): void {
  checkLength("a cost curve", ks, 1);
  checkLength("a cost curve", costs, 1);
  checkSameLength("a cost curve", ks, scores);
  for (const row of scores) checkSameLength("a cost curve", row, costs);
  for (let i = 0; i < ks.length; i++) {
    if ((ks[i] as number) > (ks[i - 1] ?? 0)) continue;
    throw new RangeError(
      `Cannot compute a cost curve of ${ks.join(", ")} samples: expected them to rise from 1 on`,
    );
  }
  if (!(mean(costs) > 0)) {
    throw new RangeError(
      "Cannot compute a cost curve of samples that cost nothing: expected counted tokens",
    );
  }
}
