import type { TreeSource } from "../export/mod.ts";
import type { SearchSpec } from "../search/mod.ts";
import type { Laboratory } from "./laboratory.ts";
import { tokensByProblem } from "./_trees.ts";

/** Part of the name of the run that holds the samples. */
export const SAMPLES_KEY = "samples";

/** Samples of one tree: few, so that a problem exceeds its tokens by little. */
const SAMPLES = 4;

/** Trees of a problem at most; searches that were so much dearer than their samples do not occur. */
const MOST_TREES = 64;

/** Independent samples as a tree: whole programs beneath the root, one rollout to each of them, nothing shared. */
export function samplingSpec(search: SearchSpec): SearchSpec {
  return {
    ...search,
    rollouts: SAMPLES,
    candidates: SAMPLES,
    answerCandidates: 1,
    segment: "code",
    guidance: "terminal",
    selection: "uct",
    prescreen: null,
    merge: false,
    maxDrawBatches: 1,
    propagateFailures: false,
    earlyStop: false,
  };
}

/**
 * Samples of the policy that searched, for every problem of the round until they took as many generated tokens as its trees did. The
 * last few samples may exceed it, never fall short: what favours anybody favours the baseline.
 */
export async function drawSamples(laboratory: Laboratory): Promise<TreeSource> {
  const { source, reader } = laboratory;
  const wanted = await tokensByProblem(reader, source.trees);
  const draw = (problemIds: readonly string[], seed: number) =>
    laboratory.trees({
      key: SAMPLES_KEY,
      spec: samplingSpec(source.search),
      policy: source.searchPolicy,
      ppm: null,
      problemIds,
      seeds: [seed],
    });
  let samples = await draw(source.problemIds, 0);
  for (let seed = 1; seed < MOST_TREES; seed++) {
    const spent = await tokensByProblem(reader, samples);
    const left = source.problemIds.filter((id) => (spent.get(id) ?? 0) < (wanted.get(id) ?? 0));
    if (left.length === 0) break;
    samples = await draw(left, seed);
  }
  return samples;
}
