/**
 * Fisher's test by random signs: if nothing differs, each problem's difference might as well have the other sign. Where few problems
 * differ a bootstrap never draws what it has not seen and calls four changes to one side significant; this says .125, as McNemar's test
 * does, of which it is the general form.
 *
 * Turned round, it gives the interval: flipping the signs of a random half of the problems moves the sum of `d - δ` to where it was or
 * beyond exactly when the mean of `d` over that half lies on the other side of δ. So the means over random halves are draws of the
 * difference. Source: Fisher (1935); Hartigan (1969), JASA 64, 1303-1317, "typical values".
 */
import { seededRandom } from "../../core/mod.ts";
import { binomialChances } from "./_hypergeometric.ts";
import { clusterTotals, DEFAULT_RESAMPLES, type ResampleOptions } from "./_resample.ts";
import { checkFraction, checkWhole } from "./_checks.ts";
import { DEFAULT_LEVEL, type Interval } from "./interval.ts";
import { type Discordance } from "./paired_tests.ts";

/** Options of {@linkcode signFlipDraws}. */
export interface SignFlipOptions extends ResampleOptions {
  /** Cluster of each problem; the signs of a whole cluster are flipped. @default every problem is one */
  readonly clusters?: ArrayLike<string | number>;
}

/** Coins in one random number. */
const COINS = 32;

/**
 * Means over random halves of the problems, for {@linkcode testByDraws}; `NaN` for a half without any.
 *
 * @param differences One a problem.
 */
export function signFlipDraws(
  differences: ArrayLike<number>,
  { clusters, seed = 0, resamples = DEFAULT_RESAMPLES }: SignFlipOptions = {},
): Float64Array {
  checkWhole("resamples", resamples, 1);
  const { sums, counts } = clusterTotals(differences, clusters);
  const random = seededRandom(seed);
  const draws = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    let count = 0;
    let coins = 0;
    for (let i = 0; i < sums.length; i++) {
      if (i % COINS === 0) coins = random() * 2 ** COINS;
      if ((coins >>> (i % COINS)) & 1) {
        sum += sums[i] as number;
        count += counts[i] as number;
      }
    }
    draws[resample] = sum / count;
  }
  return draws;
}

/** Problems by what changed, where scores are 0 or 1. */
export interface Changes extends Discordance {
  /** Problems that both or neither solve. */
  readonly unchanged: number;
}

/** Chances below it change no digit of an interval. */
const NEGLIGIBLE = 1e-15;

/** Steps of a search between -1 and 1 for where a chance jumps: nothing that can be printed is finer. */
const STEPS = 52;

/** Jumps lie at quotients of counts of problems, never so near to 0 without being it. */
const NEAREST = 1e-9;

/**
 * Differences that the test by signs does not refuse, exactly, where scores are 0 or 1: it excludes 0 exactly where
 * `mcnemarExact` lies below 1 - level.
 *
 * @throws {RangeError} If a count is negative or not whole.
 */
export function signFlipInterval(
  { onlyFirst, onlySecond, unchanged }: Changes,
  { level = DEFAULT_LEVEL }: { readonly level?: number } = {},
): Interval {
  const tail = (1 - checkFraction("level", level)) / 2;
  const low = lowEnd({ onlyFirst, onlySecond, unchanged }, tail);
  const high = -lowEnd({ onlyFirst: onlySecond, onlySecond: onlyFirst, unchanged }, tail);
  return { low: low + 0, high: high + 0 };
}

/** The smallest difference of which a half's mean is at most that with a chance of `tail` or more. */
function lowEnd(changes: Changes, tail: number): number {
  const chanceAtMost = chancesOfHalves(changes);
  let [refused, held] = [-1, 1];
  if (chanceAtMost(refused) >= tail) return refused;
  for (let step = 0; step < STEPS; step++) {
    const middle = (refused + held) / 2;
    if (chanceAtMost(middle) >= tail) held = middle;
    else refused = middle;
  }
  return Math.abs(held) < NEAREST ? 0 : held;
}

/** Chance that the mean of a random half of the problems is at most a value, a half without problems included. */
function chancesOfHalves({ onlyFirst, onlySecond, unchanged }: Changes) {
  const [won, lost] = [onlyFirst, onlySecond].map((count) =>
    [...binomialChances(count, 0.5).entries()].filter(([, chance]) => chance > NEGLIGIBLE)
  ) as [[number, number][], [number, number][]];
  const same = binomialChances(unchanged, 0.5);
  const upTo = new Float64Array(unchanged + 2);
  for (let i = 0; i <= unchanged; i++) upTo[i + 1] = (upTo[i] as number) + (same[i] as number);
  /** Chance of at most so many unchanged problems. */
  const atMost = (count: number) =>
    upTo[Math.min(Math.max(Math.floor(count) + 1, 0), unchanged + 1)] as number;
  return (value: number) => {
    let chance = 0;
    for (const [wins, chanceOfWins] of won) {
      for (const [losses, chanceOfLosses] of lost) {
        // The sum of d - value over the half is at most 0.
        const without = wins * (1 - value) - losses * (1 + value);
        const share = value > 0
          ? 1 - atMost(Math.ceil(without / value) - 1)
          : value < 0
          ? atMost(without / value)
          : without <= 0
          ? 1
          : 0;
        chance += chanceOfWins * chanceOfLosses * share;
      }
    }
    return chance;
  };
}
