/**
 * Which problems of two evaluations can be compared.
 *
 * Invariant: nothing is compared that was not measured on both sides. Problems that one side lacks are an error, or, when asked for,
 * left out and counted.
 */
import { type EvaluationModeName, UsageError } from "../core/mod.ts";
import type { JudgedSample } from "../store/mod.ts";
import { type GradedProblem, gradeProblems, type ProblemMetric } from "./compare_problems.ts";

/** One side of a comparison. */
export interface ComparedEvaluation {
  /** As printed. */
  readonly label: string;
  /** Says by what it is judged. */
  readonly mode: EvaluationModeName;
  readonly samples: readonly JudgedSample[];
}

/** How problems are paired. */
export interface PairOptions {
  /** Grader whose verdicts count, e.g. `rstar-1`. */
  readonly grader: string;
  /** Metric that is compared. @default the one by which the mode of each side is judged */
  readonly metric?: ProblemMetric;
  /** Leaves out problems that one side lacks or has not finished, in place of an error. @default false */
  readonly commonOnly?: boolean;
}

/** Problems that two evaluations have in common. */
export interface ProblemPairs {
  readonly problems: readonly (readonly [GradedProblem, GradedProblem])[];
  readonly leftOut: number;
  /** Samples a problem of each side. */
  readonly samples: readonly [number, number];
}

/**
 * Problems that both sides finished, in the order of the first.
 *
 * @throws {UsageError} As `compareEvaluations`.
 */
export function pairProblems(
  first: ComparedEvaluation,
  second: ComparedEvaluation,
  options: PairOptions,
): ProblemPairs {
  const sides = [first, second].map(({ samples }) => gradeProblems(samples, options.grader));
  const [ours, theirs] = sides as [readonly GradedProblem[], readonly GradedProblem[]];
  const wanted = sides.map((side) => Math.max(0, ...side.map(countAll))) as [number, number];
  const others = new Map(theirs.map((problem) => [problem.problemId, problem]));
  const isWhole = (problem: GradedProblem, side: 0 | 1) => problem.samples.length === wanted[side];
  const problems: (readonly [GradedProblem, GradedProblem])[] = [];
  for (const problem of ours) {
    const other = others.get(problem.problemId);
    if (other !== undefined && isWhole(problem, 0) && isWhole(other, 1)) {
      problems.push([problem, other]);
    }
  }
  const all = new Set([...ours, ...theirs].map(({ problemId }) => problemId)).size;
  const names = `"${first.label}" and "${second.label}"`;
  if (all > problems.length && options.commonOnly !== true) {
    throw new UsageError(
      `Cannot compare ${names}: expected the same problems with all their samples on both sides, got ${problems.length} such problems ` +
        `of ${all}; finish the evaluations, or compare the common problems only`,
    );
  }
  if (problems.length === 0) {
    throw new UsageError(
      `Cannot compare ${names}: expected problems that both have finished, got none`,
    );
  }
  checkMetric(options.metric, { names, wanted });
  return { problems, leftOut: all - problems.length, samples: wanted };
}

function checkMetric(
  metric: ProblemMetric | undefined,
  { names, wanted }: { readonly names: string; readonly wanted: readonly [number, number] },
): void {
  if (metric === undefined || Math.min(...wanted) >= metric.k) return;
  throw new UsageError(
    `Cannot compare ${names} by ${metric.name}: expected ${metric.k} samples a problem, got ${
      wanted[0]
    } and ${wanted[1]}`,
  );
}

function countAll(problem: GradedProblem): number {
  return problem.samples.length + problem.failed;
}
