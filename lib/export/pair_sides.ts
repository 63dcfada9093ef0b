import { distance } from "fastest-levenshtein";
import type { PairRules } from "./rules.ts";

/** A step, or a whole trajectory, on one side of a group. */
export interface PairMember {
  readonly text: string;
  readonly q: number;
  readonly visits: number;
}

/** A continuation with what the rules ask of it. */
export interface Candidate extends PairMember {
  /** Normalised code; of what has none, its text. Asked for only where a pair depends on it. */
  readonly code: () => string;
  /** Whether a right answer, and a wrong one, lies below. */
  readonly leadsRight: boolean;
  readonly leadsWrong: boolean;
  /** Mean Q down the best, and the worst, completion. */
  readonly bestCompletion: () => number;
  readonly worstCompletion: () => number;
}

/** Better and worse continuations, all of a group or a part of it: every positive against every negative is a pair. */
export interface PairSides {
  readonly positives: readonly PairMember[];
  readonly negatives: readonly PairMember[];
  /** Share of its group, by pairs: a group counts once in a mean over groups, into however many parts it falls. */
  readonly weight: number;
  /** Positives and negatives of the whole group before pairs that do not hold were left out. */
  readonly chosen: { readonly positives: number; readonly negatives: number };
}

/** Why a prefix gives no group. */
export type PairDrop =
  | "one_sided"
  | "few_rollouts"
  | "margin"
  | "equal_code"
  | "edit_distance"
  | "completion_margin";

/**
 * The best of what leads right against the worst of what leads wrong, pair by pair. Where some pairs do not hold, the group falls
 * into parts in each of which all of them do; a continuation that leads both ways can so be better than one and worse than another.
 */
export function chooseSides(
  candidates: readonly Candidate[],
  rules: PairRules,
): readonly PairSides[] | PairDrop {
  const best = candidates.filter(({ leadsRight }) => leadsRight).sort((a, b) => b.q - a.q);
  const worst = candidates.filter(({ leadsWrong }) => leadsWrong).sort((a, b) => a.q - b.q);
  const { perSide, extendTo } = rules;
  let positives = firstDistinct(best, perSide, rules);
  let negatives = firstDistinct(worst, perSide, rules);
  if (positives.length === 1 && extendTo > 0) negatives = firstDistinct(worst, extendTo, rules);
  if (negatives.length === 1 && extendTo > 0) positives = firstDistinct(best, extendTo, rules);
  const failed: PairDrop[] = [];
  const allowed = positives.map((positive) => ({
    positive,
    negatives: negatives.filter((negative) => {
      if (negative === positive) return false;
      const reason = whyNoPair(positive, negative, rules);
      if (reason !== null) failed.push(reason);
      return reason === null;
    }),
  }));
  const parts = mergeEqual(allowed.filter((one) => one.negatives.length > 0));
  if (parts.length === 0) return failed[0] ?? "one_sided";
  const chosen = { positives: positives.length, negatives: negatives.length };
  const pairs = parts.reduce((sum, part) => sum + pairsIn(part), 0);
  return parts.map((part) => ({ ...part, weight: pairsIn(part) / pairs, chosen }));
}

/** How many pairs two sides make. */
export function pairsIn(
  { positives, negatives }: Pick<PairSides, "positives" | "negatives">,
): number {
  return positives.length * negatives.length;
}

/** Trees of several seeds may hold the same continuation; one of them is enough on a side. */
function firstDistinct(
  candidates: readonly Candidate[],
  count: number,
  rules: PairRules,
): readonly Candidate[] {
  const taken = new Map<string, Candidate>();
  for (const candidate of candidates) {
    if (taken.size === count) break;
    const key = rules.distinctCode ? candidate.code() : candidate.text;
    if (!taken.has(key)) taken.set(key, candidate);
  }
  return [...taken.values()];
}

function whyNoPair(positive: Candidate, negative: Candidate, rules: PairRules): PairDrop | null {
  const margin = positive.q - negative.q;
  if (margin <= 0 || margin < rules.minMargin) return "margin";
  if (rules.distinctCode && positive.code() === negative.code()) return "equal_code";
  const { minEditDistance } = rules;
  if (minEditDistance > 0 && distance(positive.text, negative.text) < minEditDistance) {
    return "edit_distance";
  }
  const isMargin = !rules.completionMargin ||
    positive.bestCompletion() > negative.worstCompletion();
  return isMargin ? null : "completion_margin";
}

/** Positives with the same negatives share a part. */
function mergeEqual(
  rows: readonly { readonly positive: Candidate; readonly negatives: readonly Candidate[] }[],
): readonly Pick<PairSides, "positives" | "negatives">[] {
  const groups: { readonly positives: Candidate[]; readonly negatives: readonly Candidate[] }[] =
    [];
  for (const { positive, negatives } of rows) {
    const group = groups.find((one) =>
      one.negatives.length === negatives.length &&
      one.negatives.every((negative, i) => negative === negatives[i])
    );
    if (group === undefined) groups.push({ positives: [positive], negatives });
    else group.positives.push(positive);
  }
  return groups.map((group) => ({
    positives: group.positives.map(member),
    negatives: group.negatives.map(member),
  }));
}

function member({ text, q, visits }: Candidate): PairMember {
  return { text, q, visits };
}
