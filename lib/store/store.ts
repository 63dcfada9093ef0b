/**
 * The contract of the store: where runs, problems and finished trees are kept.
 * Implementations: `duckdb_store.ts` (a file), `memory_store.ts` (for tests). Both pass `tests/conformance/store.ts`.
 *
 * Invariant: work is done when the store says so. A promise of `writeTree` resolves only after the tree is durable, and what is
 * left to do is always asked from the store ({@linkcode TreeStore.pending}), never remembered elsewhere.
 */
import type { Boundary, Json, Problem, ReplyStore, TreeRecord } from "../core/mod.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import type { EvaluationStore } from "./evaluation_store.ts";
import type { SpecChange } from "./spec_changes.ts";

/** Record of what a process ran with. Kept with every opening of a run; not part of its specification. */
export interface Provenance {
  /** Resolved configuration, secrets left out. */
  readonly config: Json;
  /** Revision of the harness; `null` where it is unknown. */
  readonly codeRev: string | null;
  /** How model-written code was confined; `null` for runs that execute none. */
  readonly sandboxTier: string | null;
  /** Versions by package name. */
  readonly packages: Readonly<Record<string, string>>;
  /** Models that the endpoints serve, as they describe them. */
  readonly models: Json;
  /** Seed that every other seed of the run follows from; `null` if there is none. */
  readonly seed: number | null;
}

/** Request to open a run. */
export interface OpenRunRequest {
  readonly name: string;
  /** Command that makes the run, e.g. `synth`. */
  readonly command: string;
  /** Everything that changes the meaning of a tree. */
  readonly spec: Json;
  /** Gives a stored specification as it would be stored today: a run of an earlier version is continued. @default as it is */
  readonly upgrade?: (stored: Json) => Json;
  readonly provenance: Provenance;
  /**
   * `continue`: go on with the newest run of this name and specification, or start one. `resume`: it must exist.
   * `new`: start over beside it.
   */
  readonly mode: "continue" | "resume" | "new";
}

/** Part of a request that says which run it continues. */
export type MatchRunRequest = Pick<OpenRunRequest, "name" | "spec" | "upgrade" | "mode">;

/** A run that takes trees. */
export interface OpenedRun {
  readonly runNo: number;
  /** Name as stored: the requested one, or `<requested>-2`, `-3`, … where that was taken. */
  readonly name: string;
  readonly specHash: string;
  /** Whether the run existed before. */
  readonly isContinued: boolean;
  /** For a new run: the run of the same name that it stands beside, and where the specifications differ. */
  readonly beside: { readonly name: string; readonly changes: readonly SpecChange[] } | null;
}

/** A run as it is stored, with the number of its trees. */
export interface RunInfo {
  readonly runNo: number;
  readonly name: string;
  readonly command: string;
  readonly specHash: string;
  readonly spec: Json;
  readonly trees: number;
  readonly createdAt: Date;
}

/** Runs, by name and specification. */
export interface RunStore {
  /**
   * @throws {UsageError} If `resume` finds no run of this name and specification (the message says what differs).
   * @throws {StoreError} If 255 runs are stored already.
   */
  openRun(request: OpenRunRequest): Promise<OpenedRun>;
  /**
   * The run that `openRun` would continue, without opening it: nothing is kept. `null` if it would start one.
   *
   * @throws {UsageError} As `openRun` does if `resume` finds none.
   */
  matchRun(request: MatchRunRequest): Promise<OpenedRun | null>;
  /** Every run, oldest first. */
  runs(): Promise<readonly RunInfo[]>;
  /**
   * Gives a run another name, by which the same command continues it from now on.
   *
   * @throws {UsageError} If there is no such run, or the name is taken.
   */
  renameRun(name: string, to: string): Promise<void>;
  /**
   * Forgets a run with its trees, rounds, evaluations and artifacts (rows; files stay), or those of its rounds from one on: the run
   * then goes on after the one before. Problems stay: other runs use them.
   *
   * @throws {UsageError} If there is no such run, or an artifact of another run was made from what is to be forgotten.
   */
  deleteRun(name: string, options?: DeleteRunOptions): Promise<void>;
}

/** How much of a run is deleted. */
export interface DeleteRunOptions {
  /** First round to forget. @default all of them, and the run */
  readonly fromRound?: number | undefined;
}

/** Problems, by id. */
export interface ProblemStore {
  /**
   * Keeps problems; one that is there already stays as it is.
   *
   * @returns The number of each one, in their order. It never changes.
   * @throws {UsageError} If a question or a reference answer differs from the one that is stored under the same id, or if an id
   * occurs twice with different contents.
   */
  putProblems(problems: readonly Problem[]): Promise<readonly number[]>;
}

/** Which trees a round wants. */
export interface PendingRequest {
  readonly runNo: number;
  readonly roundNo: number;
  /** Numbers of problems ({@linkcode ProblemStore.putProblems}), in the order in which they are wanted. */
  readonly problemNos: readonly number[];
  /** Seeds, in order: all problems of the first seed come before those of the second. */
  readonly seeds: readonly number[];
  /** Trees that failed this often are left out. */
  readonly maxFailures: number;
}

/** Place of a wanted tree in a request. */
export interface PendingPlace {
  /** Index of its problem in `problemNos`. */
  readonly index: number;
  readonly seed: number;
}

/** Places of the wanted trees that were left when it was asked: one by one and in order, as often as they are gone through. */
export interface PendingTrees extends Iterable<PendingPlace> {
  /** How many there are. */
  readonly count: number;
  /** Wanted trees that are not stored, failed too often, and are not among them. */
  readonly givenUp: number;
}

/** A tree of a round, by problem and seed. */
export interface PendingTree {
  readonly problemId: string;
  readonly seed: number;
}

/** Where a tree belongs. */
export interface RoundKey {
  readonly runNo: number;
  readonly roundNo: number;
}

/** A tree that could not be finished, because of something that is no fault of a model. */
export interface FailedAttempt extends RoundKey, PendingTree {
  readonly boundary: Boundary;
  readonly error: string;
}

/** Score that a model gives to a node of a stored tree. */
export interface NodeScore {
  /** Packed key of the tree, as text. */
  readonly treeId: string;
  readonly nodeId: number;
  /** Raw logit. */
  readonly score: number;
}

/** Outcome for a tree that was handed over: stored, or already there. */
export type WriteOutcome = "stored" | "duplicate";

/** Problems of one level. */
export interface LevelSummary {
  readonly level: number | null;
  readonly problems: number;
  /** Problems with at least one solved tree. */
  readonly solved: number;
}

/** Nodes of one depth whose Q-value is defined. */
export interface DepthSummary {
  readonly depth: number;
  readonly nodes: number;
  readonly meanQ: number;
}

/** Summary of a run. */
export interface RunSummary {
  readonly trees: number;
  readonly nodes: number;
  readonly rollouts: number;
  /** Problems with at least one tree. */
  readonly problems: number;
  readonly solved: number;
  /** Ascending; problems without a level last. */
  readonly levels: readonly LevelSummary[];
  /** Answer nodes by judgement. */
  readonly trajectories: { readonly correct: number; readonly wrong: number };
  /** Ascending, without the root. */
  readonly depths: readonly DepthSummary[];
  /** Nodes by status, the root left out. Statuses that did not occur are absent. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly ppmTokens: number;
  /** Seconds of all trees added up; trees that grew at the same time count each. */
  readonly treeSeconds: number;
  /** Price of all trees; `null` where none was configured. */
  readonly price: number | null;
  readonly failedAttempts: number;
}

/** Problems that the trees of several rounds searched together. */
export interface CumulativeCoverage {
  /** Problems with at least one tree. */
  readonly problems: number;
  /** Those that at least one tree solved. */
  readonly solved: number;
}

/** Finished trees, and what is left of a round. */
export interface TreeStore {
  /** Trees of a round that are neither stored nor given up. */
  pending(request: PendingRequest): Promise<PendingTrees>;
  /**
   * Keeps a finished tree, whole or not at all. Waits while too many trees are queued.
   *
   * @returns After the tree is durable. `duplicate`: the tree was there already and was left as it is.
   * @throws {StoreError} If it could not be kept.
   * @throws {RangeError} If a part of its key is out of range (`tree_id.ts`).
   */
  writeTree(key: RoundKey, tree: TreeRecord): Promise<WriteOutcome>;
  /** Keeps the fact that a tree could not be finished. */
  writeAttempt(attempt: FailedAttempt): Promise<void>;
  /** A stored tree, equal to the one that was written; `null` if it is not there. */
  readTree(key: RoundKey, tree: PendingTree): Promise<TreeRecord | null>;
  /** Sums up the trees of a run, or of one round of it. */
  summary(runNo: number, options?: { readonly roundNo?: number }): Promise<RunSummary>;
  /** Counts what the trees of a run's rounds up to one of them searched and solved; each problem counts once. */
  cumulativeCoverage(runNo: number, lastRound: number): Promise<CumulativeCoverage>;
}

/** One measurement of load: a queue's length, tokens per second, trees in a state. */
export interface LoadSample {
  readonly takenAt: Date;
  readonly name: string;
  readonly value: number;
}

/** Load over time. */
export interface LoadStore {
  /** Keeps measurements of a run. */
  saveLoadSamples(runNo: number, samples: readonly LoadSample[]): Promise<void>;
}

/** Everything that is kept. Closing waits until what was handed over is durable. */
export interface Store
  extends
    RunStore,
    ProblemStore,
    TreeStore,
    EvaluationStore,
    ArtifactStore,
    ReplyStore,
    LoadStore,
    AsyncDisposable {}
