import { z } from "zod";
import { GRADER_VERSION } from "../../grading/mod.ts";
import { type HeldOutOrder, type RoundMeasures, RoundParams, stageOf } from "../../rounds/mod.ts";
import type { ArtifactInfo, RoundInfo, Store } from "../../store/mod.ts";
import { CheckpointMeta } from "../../models/mod.ts";

/** Store, run and suite that measures are read from. */
export interface MeasureParts {
  readonly store: Store;
  readonly runNo: number;
  /** Suite that the table shows. */
  readonly suite: string;
}

/** Modes that rounds are measured in. */
export type MeasuredMode = "greedy" | "mcts";

/** Reads the stored measures of every round of a run, the base first. */
export async function readMeasures(parts: MeasureParts): Promise<readonly RoundMeasures[]> {
  const rounds = await parts.store.rounds(parts.runNo);
  const artifacts = await parts.store.artifacts({ runNo: parts.runNo });
  return await Promise.all(rounds.map((round) => measureRound(round, { parts, artifacts })));
}

async function measureRound(
  { roundNo, params }: RoundInfo,
  { parts, artifacts }: {
    readonly parts: MeasureParts;
    readonly artifacts: readonly ArtifactInfo[];
  },
): Promise<RoundMeasures> {
  const { store, runNo } = parts;
  const find = (stage: string) =>
    artifacts.findLast((one) => one.roundNo === roundNo && stageOf(one) === stage);
  const policy = metaOf(find("policy"));
  const ppm = metaOf(find("ppm"));
  const { seconds, evaluations, leftAlone, undone } = RoundParams.parse(params);
  const greedy = await readScores(roundNo, { ...parts, evaluations, mode: "greedy" });
  const search = await readScores(roundNo, { ...parts, evaluations, mode: "mcts" });
  const heldOut = ppm?.heldOut ?? null;
  return {
    round: roundNo,
    policy: greedy?.scores ?? null,
    search: search?.scores ?? null,
    trees: roundNo === 0 ? null : await store.summary(runNo, { roundNo }),
    cumulative: roundNo === 0 ? null : await store.cumulativeCoverage(runNo, roundNo),
    leftAlone: roundNo === 0 ? null : leftAlone,
    undone: roundNo === 0 ? null : undone,
    sftTraces: find("sft")?.rows ?? null,
    falseStepShare: SftMeta.safeParse(find("sft")?.meta).data?.falseStepShare ?? null,
    pairs: find("pairs")?.rows ?? null,
    heldOut: heldOut &&
      { ...pairOrder(heldOut), round1: heldOut.round1 && pairOrder(heldOut.round1) },
    trainingTokens: sum(policy?.tokens, ppm?.tokens),
    evaluationTokens: sum(greedy?.tokens, search?.tokens),
    seconds,
  };
}

/** Metadata that an export of traces has beside its manifest. */
const SftMeta = z.object({ falseStepShare: z.number().nullable() });

/** A base was trained elsewhere, and its row says nothing of it. */
function metaOf(artifact: ArtifactInfo | undefined): CheckpointMeta | null {
  const parsed = CheckpointMeta.safeParse(artifact?.meta);
  return parsed.success ? parsed.data : null;
}

function pairOrder(
  { pairAccuracy, problems }: { readonly pairAccuracy: number; readonly problems: number },
): HeldOutOrder {
  return { accuracy: pairAccuracy, problems };
}

function sum(...values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}

/** Scores of one evaluation. */
export interface MeasuredScores {
  /** Whether the first sample of each problem was judged right. */
  readonly scores: ReadonlyMap<string, boolean>;
  readonly tokens: number;
}

/** Scores that a round's own evaluation in a mode found; `null` where there was none. */
export async function readScores(
  round: number,
  options: MeasureParts & {
    readonly mode: MeasuredMode;
    /** Numbers of the evaluations that measured the round. */
    readonly evaluations: readonly number[];
  },
): Promise<MeasuredScores | null> {
  const { store, runNo, suite, mode } = options;
  const found = (await store.evaluations({ runNo, roundNo: round, suite }))
    .find((one) => one.mode === mode && options.evaluations.includes(one.evalId));
  if (found === undefined) return null;
  const samples = (await store.samples(found.evalId)).filter(({ outcome, sample }) =>
    outcome !== "infrastructure" && sample === 0
  );
  return {
    scores: new Map(
      samples.map(({ problemId, verdicts }) => [
        problemId,
        verdicts.some(({ grader, correct }) => grader === GRADER_VERSION && correct),
      ]),
    ),
    tokens: samples.reduce(
      (total, one) => total + one.promptTokens + one.generatedTokens + one.ppmTokens,
      0,
    ),
  };
}

/** Policy pass@1 of a round; `null` where it was not measured. */
export async function policyScore(round: number, parts: MeasureParts): Promise<number | null> {
  const stored = (await parts.store.rounds(parts.runNo)).find(({ roundNo }) => roundNo === round);
  if (stored === undefined) return null;
  const { evaluations } = RoundParams.parse(stored.params);
  const measured = await readScores(round, { ...parts, evaluations, mode: "greedy" });
  if (measured === null || measured.scores.size === 0) return null;
  return [...measured.scores.values()].filter((isRight) => isRight).length / measured.scores.size;
}
