import {
  compareEvaluations,
  correctComparisons,
  type CorrectedComparison,
  type LoadedSuite,
} from "../../evaluation/mod.ts";
import type { EvaluationStore } from "../../store/mod.ts";
import type { MeasuredEntry } from "./run_eval.ts";

/** Compares each round with the one before, by suite and mode, on the problems that both have finished. */
export async function compareRounds(
  entries: readonly MeasuredEntry[],
  options: { readonly store: EvaluationStore; readonly suites: readonly LoadedSuite[] },
): Promise<readonly CorrectedComparison[]> {
  const { store, suites } = options;
  const series = Map.groupBy(entries, ({ result }) => `${result.suite}\n${result.mode}`);
  const comparisons = [];
  for (const rounds of series.values()) {
    for (const [i, entry] of rounds.entries()) {
      const before = rounds[i - 1];
      if (before === undefined || Math.min(measured(before), measured(entry)) === 0) continue;
      const { suite, mode, grader } = entry.result;
      const problems = suites.find((loaded) => loaded.suite.name === suite)?.problems ?? [];
      const ids = new Set(problems.map(({ id }) => id));
      const side = async ({ models, result }: MeasuredEntry) => ({
        label: `${models.label}, ${mode}`,
        mode,
        samples: (await store.samples(result.evalId)).filter(({ problemId, sample }) =>
          ids.has(problemId) && sample < result.summary.samples
        ),
      });
      const [first, second] = [await side(entry), await side(before)];
      const comparison = compareEvaluations(first, second, { grader, commonOnly: true });
      comparisons.push({ suite, comparison });
    }
  }
  return correctComparisons(comparisons);
}

function measured({ result }: MeasuredEntry): number {
  return result.summary.measured;
}
