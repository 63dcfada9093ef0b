/** Results of the rounds: the table of rounds. Pure; `cli` reads what it needs from the store. */
import {
  type Interval,
  pairedDifference,
  type TestedDifference,
  wilsonInterval,
} from "../evaluation/mod.ts";
import type { CumulativeCoverage, LevelSummary, RunSummary } from "../store/store.ts";

/** Whether each problem was answered right, by id. */
export type ProblemScores = ReadonlyMap<string, boolean>;

/** Measures of a round, as the store has them. `null`: not measured, or not made (yet). */
export interface RoundMeasures {
  /** 0 is the base. */
  readonly round: number;
  /** The policy alone on the validation problems, one greedy answer each. */
  readonly policy: ProblemScores | null;
  /** Search with the PPM on the validation problems. */
  readonly search: ProblemScores | null;
  /** Trees of the round. */
  readonly trees: RunSummary | null;
  /** Trees of the rounds up to this one together. */
  readonly cumulative: CumulativeCoverage | null;
  /** Problems that were dealt to the round and got no tree, because they were easy by then. */
  readonly leftAlone: number | null;
  /** Trees that the round went on without: failed by the machinery, or beyond its budget. */
  readonly undone: number | null;
  readonly sftTraces: number | null;
  /** Share of these traces with a step that the generator of their problems knows to be false. */
  readonly falseStepShare: number | null;
  readonly pairs: number | null;
  /** Held-out pairs that the PPM of the round orders right; `round1`: those of round 1, which all rounds hold out. */
  readonly heldOut: HeldOutOrder & { readonly round1: HeldOutOrder | null } | null;
  /** Tokens that training read. */
  readonly trainingTokens: number | null;
  /** Tokens of the evaluations. */
  readonly evaluationTokens: number | null;
  /** Seconds by stage, of the processes that finished it. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** How many pairs of held-out problems a PPM orders right. */
export interface HeldOutOrder {
  /** Mean over problems. */
  readonly accuracy: number;
  readonly problems: number;
}

/** A share with its 95 % interval. */
export interface Rate {
  /** Fraction between 0 and 1. */
  readonly value: number;
  readonly interval: Interval;
  readonly n: number;
}

/** Difference of a round to the one before, over the problems that both answered. */
export interface Change extends TestedDifference {
  readonly n: number;
}

/** Problems of a level that search solved. */
export interface Coverage extends LevelSummary {
  readonly rate: Rate | null;
}

/** A row of the table of rounds. */
export interface RoundResult {
  readonly round: number;
  readonly policyPass1: Rate | null;
  readonly searchPass1: Rate | null;
  readonly policyChange: Change | null;
  readonly searchChange: Change | null;
  readonly ppmPairAccuracy: Rate | null;
  /** On the pairs of round 1 alone: by this one rounds can be compared. */
  readonly ppmPairAccuracyRound1: Rate | null;
  /** Problems that the trees of the round solved, of those that it searched: what it left alone is in neither. */
  readonly coverage: Rate | null;
  /** Problems that any tree of this round and those before it solved, of all that they searched: what was left alone is in both. */
  readonly cumulativeCoverage: Rate | null;
  /** Problems that the round left alone because they were easy by then; `null` for the base. */
  readonly leftAlone: number | null;
  /** Trees that the round went on without: failed by the machinery, or beyond its budget; `null` for the base. */
  readonly undone: number | null;
  readonly levels: readonly Coverage[];
  readonly sftTraces: number | null;
  readonly falseStepShare: number | null;
  readonly pairs: number | null;
  /** Tokens of search, training and evaluation. */
  readonly tokens: number;
  readonly seconds: number;
  readonly stageSeconds: Readonly<Record<string, number>>;
}

/** The table of rounds, in the order of the measures. */
export function roundResults(measures: readonly RoundMeasures[]): readonly RoundResult[] {
  return measures.map((now, index) => {
    const before = measures[index - 1] ?? null;
    const { trees, cumulative, heldOut } = now;
    return {
      round: now.round,
      policyPass1: scoreRate(now.policy),
      searchPass1: scoreRate(now.search),
      policyChange: change(now.policy, before?.policy ?? null),
      searchChange: change(now.search, before?.search ?? null),
      ppmPairAccuracy: pairRate(heldOut),
      ppmPairAccuracyRound1: pairRate(heldOut?.round1 ?? null),
      coverage: trees === null ? null : rate(trees.solved, trees.problems),
      cumulativeCoverage: cumulative === null ? null : rate(cumulative.solved, cumulative.problems),
      leftAlone: now.leftAlone,
      undone: now.undone,
      levels: (trees?.levels ?? []).map((level) => ({
        ...level,
        rate: rate(level.solved, level.problems),
      })),
      sftTraces: now.sftTraces,
      falseStepShare: now.falseStepShare,
      pairs: now.pairs,
      tokens: (trees === null ? 0 : trees.promptTokens + trees.generatedTokens + trees.ppmTokens) +
        (now.trainingTokens ?? 0) + (now.evaluationTokens ?? 0),
      seconds: Object.values(now.seconds).reduce((a, b) => a + b, 0),
      stageSeconds: now.seconds,
    };
  });
}

function scoreRate(scores: ProblemScores | null): Rate | null {
  if (scores === null) return null;
  return rate([...scores.values()].filter((isRight) => isRight).length, scores.size);
}

/** Pairs of a problem go together: its problems are what there is of them. */
function pairRate(order: HeldOutOrder | null): Rate | null {
  return order === null ? null : rate(order.accuracy * order.problems, order.problems);
}

function rate(successes: number, trials: number): Rate | null {
  if (trials === 0) return null;
  return { value: successes / trials, interval: wilsonInterval({ successes, trials }), n: trials };
}

function change(now: ProblemScores | null, before: ProblemScores | null): Change | null {
  if (now === null || before === null) return null;
  const pairs = [...now].flatMap(([id, isRight]) => {
    const was = before.get(id);
    return was === undefined ? [] : [{ now: Number(isRight), before: Number(was) }];
  });
  if (pairs.length === 0) return null;
  const { difference, interval, p } = pairedDifference(
    pairs.map((pair) => pair.now),
    pairs.map((pair) => pair.before),
  );
  return { difference, interval, p, n: pairs.length };
}
