import { type Json, storedSpec } from "../../core/mod.ts";
import { type ArtifactStore, type MetricPoint, openStore } from "../../store/mod.ts";
import {
  type CheckpointSummary,
  TRAIN_SETTINGS,
  type TrainingKind,
  type TrainSettings,
} from "../../training/mod.ts";
import { storedLocation } from "../../models/mod.ts";

/** Metadata that the row of a checkpoint holds beside its place and hash. */
export function checkpointMeta(
  settings: TrainSettings,
  summary: CheckpointSummary | null,
): Readonly<Record<string, Json>> {
  if (summary === null) return { settings: storedSpec(TRAIN_SETTINGS, settings) };
  const { calibration, heldOut, tokens, steps, seconds } = summary;
  return {
    settings: storedSpec(TRAIN_SETTINGS, settings),
    calibration: calibration && { ...calibration },
    heldOut: heldOut && { ...heldOut, round1: heldOut.round1 && { ...heldOut.round1 } },
    tokens,
    steps,
    seconds,
  };
}

/** The training curve as a row's metrics, and at its end what was measured on held-out problems. */
export function checkpointMetrics(summary: CheckpointSummary | null): readonly MetricPoint[] {
  if (summary === null) return [];
  const { curve, steps, heldOut } = summary;
  const measured = [
    { name: "pair_accuracy", value: heldOut?.pairAccuracy },
    { name: "pair_accuracy_round_1", value: heldOut?.round1?.pairAccuracy },
  ];
  return [
    ...curve.map(({ step, loss }) => ({ step, name: "loss", value: loss })),
    ...measured.flatMap(({ name, value }) =>
      value === undefined ? [] : [{ step: steps, name, value }]
    ),
  ];
}

/** A checkpoint that was trained outside of a run of rounds. */
export interface TrainedOutside {
  readonly kind: TrainingKind;
  readonly folder: string;
  readonly settings: TrainSettings;
  readonly summary: CheckpointSummary | null;
  /** Hashes of what it was made from: the data file, and the base where that says its own. */
  readonly madeFrom: readonly (string | null)[];
}

/**
 * Keeps a row for a checkpoint; its parents are those artifacts of the database that have the hashes of what it was made from.
 *
 * @returns Number of the artifact.
 * @throws {StoreError} If the database cannot be opened or written.
 */
export async function registerCheckpoint(db: string, trained: TrainedOutside): Promise<number> {
  await using store = await openStore(db);
  const { kind, folder, settings, summary } = trained;
  return await store.addArtifact({
    kind: "checkpoint",
    runNo: null,
    roundNo: null,
    role: kind === "sft" ? "policy" : kind,
    location: storedLocation(db, folder),
    sha256: summary?.sha256 ?? null,
    rows: null,
    meta: checkpointMeta(settings, summary),
    parents: await parentsOf(store, trained.madeFrom),
    metrics: checkpointMetrics(summary),
  });
}

async function parentsOf(
  store: ArtifactStore,
  hashes: readonly (string | null)[],
): Promise<readonly number[]> {
  const newest = new Map<string, number>();
  for (const { sha256, artifactId } of await store.artifacts()) {
    if (sha256 !== null && hashes.includes(sha256)) newest.set(sha256, artifactId);
  }
  return [...newest.values()];
}
