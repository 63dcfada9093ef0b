import {
  compareScores,
  correctComparisons,
  type CorrectedComparison,
  headlineAnswer,
  headlineMetric,
} from "../../evaluation/mod.ts";
import { groupBy } from "../_context.ts";
import type { MeasuredEvaluation } from "../_evaluations.ts";
import { clip, clipOrNull } from "../_text.ts";
import { type Block, emptySection, type Section } from "../document.ts";
import { evaluationName, newestByName } from "./evaluations.ts";

/** Problems of a comparison that are shown with both answers, per side. */
const SHOWN_PROBLEMS = 20;

/** Draws behind the intervals of differences. */
const RESAMPLES = 2000;

/** Two evaluations with what a comparison says of them. */
interface ComparedPair {
  readonly later: MeasuredEvaluation;
  readonly earlier: MeasuredEvaluation;
  readonly comparison: CorrectedComparison;
}

/** Each round against the one before, and the problems on which they differ, with both answers. */
export function differencesSection(evaluations: readonly MeasuredEvaluation[]): Section {
  const head = { id: "differences", title: "Each round against the one before" };
  const pairs = comparePairs(evaluations);
  if (pairs.length === 0) {
    return emptySection({
      ...head,
      lead: "No two checkpoints were evaluated on the same problems of a suite in the same way.",
    });
  }
  return {
    ...head,
    lead:
      "Paired over the problems that both have, by what the mode is judged by. p: exact McNemar where every problem is won, lost or unchanged, " +
      "random signs elsewhere; the interval is that of the same test and excludes 0 where p < .05. What the checkpoint is called goes by p " +
      "corrected for all rows of this table (Holm), so that it may show no difference where an interval of its own excludes 0. “No difference " +
      "shown” never means equal.",
    blocks: [
      {
        type: "table",
        id: "comparisons",
        title: "Differences",
        columns: [
          { key: "suite", label: "suite", format: "text" },
          { key: "mode", label: "mode", format: "text" },
          { key: "later", label: "checkpoint", format: "text" },
          { key: "earlier", label: "against", format: "text" },
          { key: "metric", label: "figure", format: "text" },
          {
            key: "difference",
            label: "difference, points",
            format: "points",
            interval: ["low", "high"],
          },
          { key: "p", label: "p", format: "p" },
          { key: "corrected", label: "p, corrected", format: "p" },
          { key: "verdict", label: "checkpoint is", format: "text" },
          { key: "won", label: "won", format: "integer" },
          { key: "lost", label: "lost", format: "integer" },
          { key: "problems", label: "problems", format: "integer" },
          { key: "leftOut", label: "left out", format: "integer" },
          { key: "detectable", label: "smallest difference it can show", format: "percent" },
        ],
        rows: pairs.map(({ later, earlier, comparison }) => ({
          suite: clip(later.suite, 60),
          mode: later.mode,
          later: evaluationName(later),
          earlier: evaluationName(earlier),
          metric: comparison.metric,
          difference: comparison.difference,
          ...comparison.interval,
          p: comparison.p,
          corrected: comparison.correctedP,
          verdict: comparison.correctedVerdict,
          won: comparison.won.length,
          lost: comparison.lost.length,
          problems: comparison.problems,
          leftOut: comparison.leftOut,
          detectable: comparison.minimumDetectable,
        })),
      },
      ...pairs.map(changedProblems),
    ],
  };
}

function comparePairs(evaluations: readonly MeasuredEvaluation[]): readonly ComparedPair[] {
  const kinds = groupBy(
    evaluations.filter(({ round }) => round !== null),
    ({ suite, mode }) => JSON.stringify([suite, mode]),
  );
  const neighbours = [...kinds.values()].flatMap((own) => {
    const rounds = newestByName(own);
    return rounds.slice(1).map((later, i) => ({ later, earlier: rounds[i] as MeasuredEvaluation }));
  });
  const compared = neighbours.flatMap(({ later, earlier }) => {
    const comparison = compareTwo(later, earlier);
    return comparison === null ? [] : [{ later, earlier, comparison }];
  });
  const corrected = correctComparisons(
    compared.map(({ later, comparison }) => ({ suite: later.suite, comparison })),
  );
  return compared.map(({ later, earlier }, i) => ({
    later,
    earlier,
    comparison: corrected[i] as CorrectedComparison,
  }));
}

function compareTwo(later: MeasuredEvaluation, earlier: MeasuredEvaluation) {
  if (later.grader !== earlier.grader || later.samples !== earlier.samples) return null;
  const metric = headlineMetric(later.mode, later.samples);
  const before = new Map(earlier.graded.map((problem) => [problem.problemId, problem]));
  const problems = later.graded.flatMap(({ problemId, samples }) => {
    const other = before.get(problemId);
    if (other === undefined) return [];
    return [{ problemId, first: metric.score(samples), second: metric.score(other.samples) }];
  });
  if (problems.length === 0) return null;
  const all = new Set([...later.problems.keys(), ...earlier.problems.keys()]).size;
  return compareScores(problems, {
    labels: [evaluationName(later), evaluationName(earlier)],
    metric: metric.name,
    leftOut: all - problems.length,
    resamples: RESAMPLES,
  });
}

function changedProblems({ later, earlier, comparison }: ComparedPair, index: number): Block {
  const answers = [later, earlier].map(answersOf);
  const shown = [
    ...comparison.won.slice(0, SHOWN_PROBLEMS),
    ...comparison.lost.slice(0, SHOWN_PROBLEMS),
  ];
  const [laterName, earlierName] = [evaluationName(later), evaluationName(earlier)];
  return {
    type: "table",
    id: `changed_${index}`,
    title: `${clip(later.suite, 60)}, ${later.mode}: where ${laterName} and ${earlierName} differ` +
      ` (at most ${SHOWN_PROBLEMS} won and ${SHOWN_PROBLEMS} lost)`,
    columns: [
      { key: "problem", label: "problem", format: "code" },
      { key: "question", label: "question", format: "text" },
      { key: "reference", label: "reference", format: "code" },
      { key: "answer", label: laterName, format: "code" },
      { key: "score", label: "score", format: "percent" },
      { key: "answerBefore", label: earlierName, format: "code" },
      { key: "scoreBefore", label: "score", format: "percent" },
    ],
    rows: shown.map(({ problemId, first, second }) => {
      const problem = later.problems.get(problemId);
      return {
        problem: clip(problemId, 80),
        question: clipOrNull(problem?.question ?? null, 160),
        reference: clipOrNull(problem?.answer ?? null, 80),
        answer: clipOrNull(answers[0]?.get(problemId) ?? null, 80),
        score: first,
        answerBefore: clipOrNull(answers[1]?.get(problemId) ?? null, 80),
        scoreBefore: second,
      };
    }),
  };
}

/** Finds the answer that counts for each problem by the rule of the mode. */
function answersOf({ graded, mode }: MeasuredEvaluation): ReadonlyMap<string, string | null> {
  return new Map(
    graded.map(({ problemId, samples }) => [problemId, headlineAnswer(mode, samples)]),
  );
}
