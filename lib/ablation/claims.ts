/**
 * The primary family: what a study sets out to show, declared before it runs. Everything else that a study prints is exploratory.
 *
 * A claim holds when all of its parts do, so its p-value is the largest of theirs; Holm corrects over the family. Each part is one
 * difference, with seeds of the whole chain and problems resampled crossed and paired by seed (docs/evaluation.md, "Recipes").
 */
import { crossedBootstrap, type CrossedDifference, holm } from "../evaluation/mod.ts";

/** One difference that a claim asks for: `more` less `less` exceeds `margin`. */
export interface ClaimPart {
  /** Names of series. */
  readonly more: string;
  readonly less: string;
  /** 0: better; negative: not lower than by this; positive: better by at least this. */
  readonly margin: number;
}

/** A statement that is declared before it is measured; it holds if all of its parts do. */
export interface Claim {
  readonly name: string;
  readonly statement: string;
  readonly parts: readonly ClaimPart[];
}

const better = (more: string, less: string, margin = 0): ClaimPart => ({ more, less, margin });

/** Loss that still counts as none, a fraction. */
const NOT_INFERIOR = -0.02;

/** Gain that the whole chain must reach at least, a fraction. */
const TOTAL_GAIN = 0.4;

/** The claims of `deno task science`; at most six. */
export const PRIMARY_CLAIMS: readonly Claim[] = [
  {
    name: "rise",
    statement:
      "Policy pass@1 rises from the base to round 1 and to round 2, is not lower after rounds 3 and 4, and gains 40 points in all",
    parts: [
      better("policy 1", "policy 0"),
      better("policy 2", "policy 1"),
      better("policy 3", "policy 2", NOT_INFERIOR),
      better("policy 4", "policy 3", NOT_INFERIOR),
      better("policy 4", "policy 0", TOTAL_GAIN),
    ],
  },
  {
    name: "coverage",
    statement: "Fresh trees of one size solve more problems of levels 3 and 4 from round to round",
    parts: [
      better("hard coverage 1", "hard coverage 0"),
      better("hard coverage 2", "hard coverage 1"),
      better("hard coverage 3", "hard coverage 2"),
      better("hard coverage 4", "hard coverage 3"),
    ],
  },
  {
    name: "search",
    statement:
      "Search beats best-of-N by the same PPM, and majority, at equal cost in rounds 2 and 3",
    parts: [2, 3].flatMap((round) => [
      better(`search ${round}`, `best-of-N ${round}`),
      better(`search ${round}`, `majority ${round}`),
    ]),
  },
  {
    name: "traces",
    statement: "Step-verified traces make a better policy than random right samples",
    parts: [better("step-verified", "random correct samples")],
  },
  {
    name: "reward",
    statement: "Search guided by a PPM beats search guided by an outcome model",
    parts: [better("PPM", "outcome model")],
  },
];

/** Scores of a series by problem. */
export type Series = ReadonlyMap<string, number>;

/** Measurements of one seed of the chain: series by name. */
export type MeasuredSeries = ReadonlyMap<string, Series>;

/** Result of a part of a claim. */
export interface PartResult extends ClaimPart {
  /** With the test of the margin; `null` where a series was not measured with every seed. */
  readonly difference: CrossedDifference | null;
  /** Two-sided p-value of the difference being the margin; 1 where it was not measured or falls short of it. */
  readonly p: number;
  readonly holds: boolean;
}

/** Result of a claim. */
export interface ClaimResult {
  readonly claim: Claim;
  readonly parts: readonly PartResult[];
  readonly p: number;
  /** Holm's correction over the family. */
  readonly correctedP: number;
  /** Whether every part holds and the corrected p-value lies below the level; `null` where a part was not measured. */
  readonly holds: boolean | null;
}

/** Options of {@linkcode testClaims}. */
export interface TestClaimsOptions {
  /** Level of the whole family. @default 0.05 */
  readonly alpha?: number;
}

/** Tests a family of claims on the seeds of a chain. */
export function testClaims(
  claims: readonly Claim[],
  seeds: readonly MeasuredSeries[],
  { alpha = LEVEL }: TestClaimsOptions = {},
): readonly ClaimResult[] {
  const tested = claims.map((claim) => {
    const parts = claim.parts.map((part) => testPart(part, seeds));
    return { claim, parts, p: Math.max(...parts.map(({ p }) => p)) };
  });
  const corrected = holm(tested.map(({ p }) => p));
  return tested.map((one, i) => {
    const correctedP = corrected[i] ?? 1;
    const isMeasured = one.parts.every(({ difference }) => difference !== null);
    const holds = isMeasured ? one.parts.every((part) => part.holds) && correctedP < alpha : null;
    return { ...one, correctedP, holds };
  });
}

/** Level of a part by itself. */
const LEVEL = 0.05;

/** Largest difference that equal scores may have after sums in another order. */
const ROUNDING = 1e-9;

function testPart(part: ClaimPart, seeds: readonly MeasuredSeries[]): PartResult {
  const rows = seeds.map((seed) => differencesOf(part, seed));
  const known = rows.filter((row) => row !== null);
  if (known.length === 0 || known.length < rows.length) {
    return { ...part, difference: null, p: 1, holds: false };
  }
  const difference = crossedBootstrap(known, { margin: part.margin });
  const isAbove = difference.difference > part.margin + ROUNDING;
  return {
    ...part,
    difference,
    p: isAbove ? difference.p : 1,
    holds: isAbove && difference.p < LEVEL,
  };
}

/** Differences by problem, in one order of problems; `null` where a series was not measured. */
function differencesOf(
  { more, less }: ClaimPart,
  seed: MeasuredSeries,
): readonly number[] | null {
  const [first, second] = [seed.get(more), seed.get(less)];
  if (first === undefined || second === undefined) return null;
  const ids = [...first.keys()].sort();
  const isSame = ids.length === second.size && ids.every((id) => second.has(id));
  if (!isSame) {
    throw new RangeError(
      `Cannot compare "${more}" with "${less}": expected scores of the same problems, got ${first.size} and ${second.size}`,
    );
  }
  return ids.map((id) => (first.get(id) ?? NaN) - (second.get(id) ?? NaN));
}
