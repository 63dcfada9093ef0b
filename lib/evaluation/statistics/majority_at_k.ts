/**
 * Majority votes: what a vote over k samples is worth, in exact expectation over every choice of k of the n samples that exist.
 *
 * A tie counts as the share of the tied answers that is right, which is the expectation of a fair draw; {@linkcode majorityAnswer},
 * which must name one answer, takes the one that was drawn first. Samples without an answer do not vote; where none of k has one
 * the vote is wrong.
 */
import { binomialChances } from "./_hypergeometric.ts";
import { oncePer } from "../../core/mod.ts";
import { checkDraw } from "./pass_at_k.ts";

/** One sample's vote. */
export interface Vote {
  /** Name of the group of equal answers; `null`: no answer. */
  readonly answer: string | null;
  /** Whether the group is right: the same for all of its votes. */
  readonly correct: boolean;
}

/** Chances below it change no digit of the result. */
const NEGLIGIBLE = 1e-16;

interface Group {
  readonly count: number;
  /** 1 for a right answer. */
  readonly correct: number;
}

/**
 * Chance that the most frequent answer of k samples is right, exactly, without drawing subsets.
 *
 * @param votes Samples of one problem; they are grouped once, so that they must not change afterwards.
 * @param k Samples of a vote, at most as many as there are.
 * @throws {RangeError} If fewer than k samples exist.
 */
export function majorityAtK(votes: readonly Vote[], k: number): number {
  const n = votes.length;
  checkDraw(n, k);
  const groups = groupsOf(votes);
  if (k === n) return fullVote(groups);
  if (k === 1) return groups.reduce((sum, { count, correct }) => sum + count * correct, 0) / n;
  const chancesOf = binomials(k / n);
  let expected = 0;
  for (const group of groups) {
    if (group.correct === 0) continue;
    const others = groups.filter((other) => other !== group).map(({ count }) => count);
    for (let votesFor = 1; votesFor <= Math.min(group.count, k); votesFor++) {
      const chance = chancesOf(group.count)[votesFor] as number;
      if (chance < NEGLIGIBLE) continue;
      // Draws that can neither win nor tie need no account of their own: together they are one binomial.
      const rivals = others.filter((count) => count >= votesFor);
      const rest = n - group.count - rivals.reduce((sum, count) => sum + count, 0);
      const share = shareOfWins(rivals.map(chancesOf), chancesOf(rest), {
        votesFor,
        left: k - votesFor,
      });
      expected += group.correct * chance * share;
    }
  }
  return Math.min(1, expected / (chancesOf(n)[k] as number));
}

/**
 * The answer of a vote over all samples; of tied answers the one that was drawn first. `null` where no sample has an answer.
 *
 * @param votes In the order in which they were drawn.
 */
export function majorityAnswer(votes: readonly Pick<Vote, "answer">[]): string | null {
  const counts = new Map<string, number>();
  for (const { answer } of votes) {
    if (answer !== null) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  let best: string | null = null;
  for (const [answer, count] of counts) {
    // A map keeps the order of first insertion, so that a later answer must have strictly more.
    if (best === null || count > (counts.get(best) ?? 0)) best = answer;
  }
  return best;
}

const groupsOf = oncePer((votes: readonly Vote[]): readonly Group[] => {
  const groups = new Map<string, { count: number; readonly correct: number }>();
  for (const { answer, correct } of votes) {
    if (answer === null) continue;
    const group = groups.get(answer) ?? { count: 0, correct: correct ? 1 : 0 };
    group.count++;
    groups.set(answer, group);
  }
  return [...groups.values()];
});

/** Samples, k and sizes of groups repeat from problem to problem; more tables than this are begun anew. */
const MAX_TABLES = 64;
const tables = new Map<number, Map<number, Float64Array>>();

/** Binomial chances with one p, each worked out once. */
function binomials(p: number): (count: number) => Float64Array {
  let known = tables.get(p);
  if (known === undefined) {
    if (tables.size >= MAX_TABLES) tables.clear();
    tables.set(p, known = new Map());
  }
  const table = known;
  return (count) => {
    let chances = table.get(count);
    if (chances === undefined) table.set(count, chances = binomialChances(count, p));
    return chances;
  };
}

function fullVote(groups: readonly Group[]): number {
  const most = Math.max(0, ...groups.map(({ count }) => count));
  const winners = groups.filter(({ count }) => count === most);
  if (winners.length === 0) return 0;
  return winners.reduce((sum, { correct }) => sum + correct, 0) / winners.length;
}

/**
 * Expected share of the win of an answer with `votesFor` votes, over the ways in which the `left` other draws fall: 0 where a rival
 * has more, 1/(1 + t) where t others have as many.
 */
function shareOfWins(
  rivals: readonly Float64Array[],
  rest: Float64Array,
  { votesFor, left }: { readonly votesFor: number; readonly left: number },
): number {
  // More draws are left than fit below a win.
  if (left > rest.length - 1 + rivals.length * votesFor) return 0;
  const width = 1 + Math.min(rivals.length, Math.floor(left / votesFor));
  // table[drawn * width + ties] = chance that so many draws fell on what was seen so far, and so many rivals tie.
  let table = new Float64Array((left + 1) * width);
  let next = new Float64Array(table.length);
  let reached = Math.min(left, rest.length - 1);
  for (let drawn = 0; drawn <= reached; drawn++) table[drawn * width] = rest[drawn] as number;
  for (const chances of rivals) {
    next.fill(0);
    const most = Math.min(votesFor, left);
    for (let own = 0; own <= most; own++) {
      const tie = own === votesFor ? 1 : 0;
      addShifted(table, next, {
        chance: chances[own] as number,
        shift: own * width + tie,
        // A tie beyond the last column cannot happen: as many rivals would need more draws than are left.
        end: (Math.min(reached, left - own) + 1) * width - tie,
      });
    }
    reached = Math.min(left, reached + most);
    [table, next] = [next, table];
  }
  let share = 0;
  for (let ties = 0; ties < width; ties++) {
    share += (table[left * width + ties] as number) / (1 + ties);
  }
  return share;
}

function addShifted(
  from: Float64Array,
  to: Float64Array,
  { chance, shift, end }: { readonly chance: number; readonly shift: number; readonly end: number },
): void {
  for (let i = 0; i < end; i++) {
    to[i + shift] = (to[i + shift] as number) + (from[i] as number) * chance;
  }
}
