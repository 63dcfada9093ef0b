import {
  headlineWithoutOverlap,
  type LoadedSuite,
  readTrainingOverlap,
} from "../../evaluation/mod.ts";
import type { DuckdbStore } from "../../store/mod.ts";
import type { OverlapFigures } from "./figures.ts";
import type { MeasuredEntry } from "./run_eval.ts";

/** Which measured problems were trained on, and the figure without them; `null` where nothing is known of the training. */
export async function overlapOf(
  { result }: MeasuredEntry,
  { store, suites }: { readonly store: DuckdbStore; readonly suites: readonly LoadedSuite[] },
): Promise<OverlapFigures | null> {
  const { evalId, suite, mode, grader, calibration, summary } = result;
  const overlap = await readTrainingOverlap(store, evalId);
  if (overlap === null) return null;
  if (overlap.equal.length + overlap.similar.length === 0) return { ...overlap, without: null };
  const problems = suites.find((loaded) => loaded.suite.name === suite)?.problems ?? [];
  const without = headlineWithoutOverlap(await store.samples(evalId), {
    mode,
    problems,
    grader,
    calibration,
    overlap,
    samples: summary.samples,
  });
  return { ...overlap, without };
}
