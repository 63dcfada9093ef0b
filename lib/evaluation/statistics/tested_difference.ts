/**
 * A difference with the interval and the p-value of one test, so that the two never contradict each other: the interval holds every
 * difference that the test does not refuse at its level, and excludes 0 exactly where p lies below 1 - level.
 */
import { checkFraction, checkLength } from "./_checks.ts";
import { DEFAULT_LEVEL, type Interval } from "./interval.ts";

/** A difference of means with what a test says of it. */
export interface TestedDifference {
  /** Mean of the first less mean of the second. */
  readonly difference: number;
  /** Differences that the test does not refuse. */
  readonly interval: Interval;
  /** Two-sided p-value of no difference, or of the margin where one was asked for. */
  readonly p: number;
}

/** Options of {@linkcode testByDraws}. */
export interface DrawTestOptions {
  /** One less the level of the test. @default 0.95 */
  readonly level?: number;
  /** Difference that is tested. @default 0 */
  readonly margin?: number;
}

/** Values that a difference of fractions can have. */
const WIDEST: Interval = { low: -1, high: 1 };

/** Sums of the same values in another order differ in the last bits; that is no difference. */
const ROUNDING = 1e-12;

/**
 * Tests a difference of fractions by draws of what it might be: p = 2 · min(#{d <= margin} + 1, #{d >= margin} + 1)/(B + 1), at most 1. The
 * interval ends where that p reaches 1 - level. Of several kinds of draws each is a test of its own, and only what all of them refuse is
 * refused: the largest p, and the smallest interval that holds theirs.
 *
 * @param kinds Draws of the difference; `NaN` says nothing of where it lies and counts on both sides.
 * @throws {RangeError} If there are no draws.
 */
export function testByDraws(
  kinds: readonly Float64Array[],
  { level = DEFAULT_LEVEL, margin = 0 }: DrawTestOptions = {},
): Omit<TestedDifference, "difference"> {
  checkLength("a test", kinds, 1);
  const tests = kinds.map((draws) => testOnce(draws, { level, margin }));
  return {
    p: Math.max(...tests.map(({ p }) => p)),
    interval: {
      low: Math.min(...tests.map(({ interval }) => interval.low)),
      high: Math.max(...tests.map(({ interval }) => interval.high)),
    },
  };
}

function testOnce(
  draws: Float64Array,
  { level, margin }: Required<DrawTestOptions>,
): Omit<TestedDifference, "difference"> {
  checkLength("a test", draws, 1);
  const sorted = draws.filter((draw) => !Number.isNaN(draw)).sort();
  // What was found is one more draw, and lies on both sides as those do that say nothing.
  const everywhere = draws.length - sorted.length + 1;
  let below = everywhere;
  let above = everywhere;
  for (const draw of sorted) {
    if (draw <= margin + ROUNDING) below++;
    if (draw >= margin - ROUNDING) above++;
  }
  const all = draws.length + 1;
  const refusedBelow = (1 - checkFraction("level", level)) * all / 2;
  const needed = Math.ceil(refusedBelow - ROUNDING * all) - everywhere;
  return {
    p: Math.min(1, 2 * Math.min(below, above) / all),
    interval: needed <= 0 ? WIDEST : {
      low: withoutRounding(sorted[needed - 1] ?? WIDEST.high),
      high: withoutRounding(sorted[sorted.length - needed] ?? WIDEST.low),
    },
  };
}

function withoutRounding(value: number): number {
  return Math.abs(value) <= ROUNDING ? 0 : value;
}
