/**
 * The contract for lineage: checkpoints and exported files, what each was made from, and the state of every round.
 *
 * Invariant: an artifact's row is written last, when its files are whole. What has a row is usable; what has none never happened.
 */
import type { Json } from "../core/mod.ts";

/** Kinds of artifacts. */
export const ARTIFACT_KINDS = ["sft", "pairs", "checkpoint"] as const;

/** Kind of an artifact. */
export type ArtifactKind = typeof ARTIFACT_KINDS[number];

/** Request to keep an artifact. */
export interface ArtifactRequest {
  readonly kind: ArtifactKind;
  readonly runNo: number | null;
  readonly roundNo: number | null;
  /** Of a checkpoint: `policy`, `ppm`, `outcome`, `q_regression`; of a file: what it trains. */
  readonly role: string;
  /** Folder, file or URL. Paths are relative to the database's folder where they lie inside it. */
  readonly location: string;
  /** Hash of its content; `null` for what is only known by its URL. */
  readonly sha256: string | null;
  /** Rows of a file; `null` for a checkpoint. */
  readonly rows: number | null;
  /** Settings it was made with, counts of what was dropped, calibration. */
  readonly meta: Json;
  /** Numbers of the artifacts it was made from; trees are reached through run and round. */
  readonly parents: readonly number[];
  /** Training curve. */
  readonly metrics?: readonly MetricPoint[];
}

/** One point of a training curve. */
export interface MetricPoint {
  readonly step: number;
  readonly name: string;
  readonly value: number;
}

/** An artifact as it is stored: the request, its number and time. */
export interface ArtifactInfo extends Omit<ArtifactRequest, "metrics"> {
  readonly artifactId: number;
  readonly madeAt: Date;
}

/** State of a round. */
export interface RoundInfo {
  readonly runNo: number;
  readonly roundNo: number;
  /** Identity of the models that search used. */
  readonly policy: string | null;
  readonly ppm: string | null;
  readonly params: Json;
  /** Stage that is done next, or `done`. */
  readonly state: string;
}

/** Artifacts and rounds. */
export interface ArtifactStore {
  /**
   * Keeps an artifact with its parents and curve in one transaction; returns its number.
   *
   * @throws {StoreError} If a parent is not stored.
   */
  addArtifact(request: ArtifactRequest): Promise<number>;
  /** Artifacts, oldest first. */
  artifacts(
    filter?: {
      readonly runNo?: number;
      readonly roundNo?: number;
      readonly kind?: ArtifactKind;
      readonly role?: string;
    },
  ): Promise<readonly ArtifactInfo[]>;
  /** Training curve of an artifact, by name and step. */
  metrics(artifactId: number): Promise<readonly MetricPoint[]>;
  /** Keeps the state of a round, in place of an earlier one. */
  putRound(round: RoundInfo): Promise<void>;
  /** Rounds of a run, ascending. */
  rounds(runNo: number): Promise<readonly RoundInfo[]>;
}
