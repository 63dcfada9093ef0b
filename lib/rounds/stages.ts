/** Work of each stage, as the state machine is given it. Every stage may be called again after it was interrupted. */
import type { Json } from "../core/mod.ts";
import type { ArtifactInfo, MetricPoint } from "../store/artifact_store.ts";
import type { RoundSchedule, SearchPass } from "./schedule.ts";

/** Models that a round searches with, and what they were made as. */
export interface RoundModels {
  readonly policy: ArtifactInfo;
  /** `null` where search is guided by answers alone. */
  readonly ppm: ArtifactInfo | null;
}

/** Fields that the requests to all stages share. */
export interface StageRequest {
  readonly round: number;
  readonly signal: AbortSignal;
}

/** Request to grow the trees of a pass that are not stored yet. */
export interface SearchRequest extends StageRequest {
  readonly schedule: RoundSchedule;
  readonly pass: SearchPass;
  /** Problems of the pass: all of the round, or those that are unsolved now; without those that it leaves alone. */
  readonly problemIds: readonly string[];
  readonly models: RoundModels;
}

/** How a pass ended. */
export interface SearchResult {
  /** Trees that a budget left undone, or that the machinery failed too often; the round goes on without them. */
  readonly undone: number;
}

/** Summary of the stored trees of a round. */
export interface RoundTrees {
  /** Problems that have at least one. */
  readonly problems: number;
  /** Those of them that at least one solved. */
  readonly solved: ReadonlySet<string>;
  /** How many of them a tree of an earlier round had solved. */
  readonly solvedBefore: number;
}

/** Request to write training data from the trees of rounds 1 … `round`. */
export interface ExportRequest extends StageRequest {
  readonly rounds: readonly number[];
}

/** Request to train a model. */
export interface TrainingRequest extends StageRequest {
  /** Data of this round. */
  readonly data: ArtifactInfo;
  /** Model that training starts from: the base for a policy, this round's policy for a PPM. */
  readonly base: ArtifactInfo;
}

/** Request to measure the checkpoints of a round; round 0 is the base. */
export interface EvaluationStageRequest extends StageRequest {
  readonly policy: ArtifactInfo;
  /** PPM of the same round; `null` for the base. */
  readonly ppm: ArtifactInfo | null;
}

/** A file or checkpoint that a stage made; whole, and at its final place. */
export interface MadeArtifact {
  /** Folder or URL. */
  readonly location: string;
  readonly sha256: string | null;
  /** Rows of a file; `null` for a checkpoint. */
  readonly rows: number | null;
  readonly meta: Readonly<Record<string, Json>>;
  readonly metrics?: readonly MetricPoint[];
}

/** The work of each stage. */
export interface RoundStages {
  /** Grows what is missing of a pass. Done when it resolves. */
  search(request: SearchRequest): Promise<SearchResult>;
  /** Sums up the trees of a round that are stored by now. */
  trees(round: number): Promise<RoundTrees>;
  /**
   * Problems that are easy before a round: in the latest earlier round that searched them all trajectories are right, and there is one
   * (docs/architecture.md, "rounds"). Asked when earlier rounds are complete, so that the answer never changes.
   */
  easy(round: number): Promise<ReadonlySet<string>>;
  exportSft(request: ExportRequest): Promise<MadeArtifact>;
  trainPolicy(request: TrainingRequest): Promise<MadeArtifact>;
  exportPairs(request: ExportRequest): Promise<MadeArtifact>;
  trainPpm(request: TrainingRequest): Promise<MadeArtifact>;
  /** Measures what was not measured yet; returns the numbers of the evaluations. */
  evaluate(request: EvaluationStageRequest): Promise<readonly number[]>;
  /** Policy pass@1 of a measured round on the validation problems; `null` where it was not measured. */
  score(round: number): Promise<number | null>;
  /** Whether what an artifact's row names is still at its place. */
  isThere(artifact: ArtifactInfo): Promise<boolean>;
}
