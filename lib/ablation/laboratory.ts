/**
 * The contract of the place where ablations are done: search, export, training and evaluation, bound to a store by `cli`.
 *
 * Invariant: every piece of work has a key, and what has been made under a key with the same inputs is found again. An ablation that
 * was killed goes on by being run again.
 */
import type { EvaluationModeName, PpmCalibration, Problem } from "../core/mod.ts";
import type { GradedProblem } from "../evaluation/mod.ts";
import type { PairRules, SftRules, TreeSource } from "../export/mod.ts";
import type { SearchSpec } from "../search/mod.ts";
import type { SqlReader } from "../store/sql_reader.ts";
import type { TrainingKind, TrainSettings } from "../training/mod.ts";

/** How much is done. */
export interface AblationSettings {
  /** Seeds of what is trained and drawn at random. */
  readonly seeds: number;
  /** Samples that say what a policy answers most often. */
  readonly samples: number;
  /** Problems of the suite, the first hard ones, that get fresh trees where policies alone answer all of them. */
  readonly searchProblems: number;
  /** Traces of a problem that policies are trained on, where arms are to have equally many. */
  readonly traces: number;
  /** Rollouts of supervision, ascending. */
  readonly rollouts: readonly number[];
}

/** A policy or reward model as a checkpoint folder. */
export interface Model {
  readonly artifactId: number;
  /** Round that it was trained in; 0 is the base. */
  readonly round: number;
  readonly folder: string;
  /** Scale of a reward model; `null` for a policy. */
  readonly calibration: PpmCalibration | null;
}

/** The round of a run that an ablation is made from. */
export interface SourceRound {
  readonly round: number;
  /** Its trees. */
  readonly trees: TreeSource;
  /** Problems that it searched, or the part of them that the ablation is limited to. */
  readonly problemIds: readonly string[];
  /** Model from which every policy is trained. */
  readonly base: Model;
  /** Models that searched: the policy of the round before, and its PPM where one guided. */
  readonly searchPolicy: Model;
  readonly searchPpm: Model | null;
  /** Models that the round trained. */
  readonly policy: Model;
  readonly ppm: Model;
  /** Traces that its policy was trained on; `null` where there is no row of them. */
  readonly traces: DataFile | null;
  readonly search: SearchSpec;
  /** Search settings of the run's first round, the same for every round. */
  readonly firstSearch: SearchSpec;
  readonly sftRules: SftRules;
  readonly pairRules: PairRules;
  readonly training: { readonly sft: TrainSettings; readonly ppm: TrainSettings };
}

/** Request for trees. */
export interface TreesRequest {
  /** Part of the name of the run that they become. */
  readonly key: string;
  /** Round under whose number they are kept, where ablations of several rounds ask for the same. @default the source round */
  readonly round?: number;
  readonly spec: SearchSpec;
  readonly policy: Model;
  readonly ppm: Model | null;
  /** Of the source round, or of the suite. */
  readonly problemIds: readonly string[];
  readonly seeds: readonly number[];
}

/** Request for training data. */
export interface DataRequest<Rules> {
  readonly key: string;
  readonly trees: TreeSource;
  readonly rules: Rules;
  readonly only?: ReadonlySet<string>;
}

/** Training data in a file. */
export interface DataFile {
  readonly artifactId: number;
  /** The file that our trainer reads. */
  readonly path: string;
  readonly rows: number;
}

/** Request to train. */
export interface TrainRequest {
  readonly key: string;
  readonly kind: TrainingKind;
  readonly data: DataFile;
  readonly base: Model;
  readonly seed: number;
  /** Optimiser steps in place of epochs. */
  readonly steps?: number;
}

/** How a search samples. */
export interface SearchSampling {
  readonly temperature: number;
  readonly topP: number;
}

/** Request to measure. */
export interface EvaluateRequest {
  /** How it is called in lists. */
  readonly label: string;
  readonly mode: EvaluationModeName;
  readonly policy: Model;
  readonly ppm?: Model;
  /** Samples of a problem. @default 1 */
  readonly samples?: number;
  /** How whole answers are sampled. @default as the suite says */
  readonly sampling?: SearchSampling;
  /** Seed of everything random in it. @default 0 */
  readonly seed?: number;
}

/** Which nodes of a tree are scored. */
export type ScoredNodes = "answers" | "all";

/** By tree and node: whether what the step works out is what the generator knows. Steps that nobody can tell are absent. */
export type StepTruths = ReadonlyMap<string, ReadonlyMap<number, boolean>>;

/** The place where ablations are done. */
export interface Laboratory {
  readonly settings: AblationSettings;
  readonly source: SourceRound;
  /** Problems that arms are measured on. */
  readonly suiteProblems: readonly Problem[];
  /** How searches of the suite sample. */
  readonly searchSampling: SearchSampling;
  /** The same for a round of a run in the control world; `null` where none was named. */
  readonly control: Laboratory | null;
  /** Everything that is stored. */
  readonly reader: SqlReader;
  /** Grows the trees that are not stored yet. */
  trees(request: TreesRequest): Promise<TreeSource>;
  /** How many traces each problem would give, by id; nothing is written. */
  countTraces(request: Omit<DataRequest<SftRules>, "key">): Promise<ReadonlyMap<string, number>>;
  /** Writes traces. */
  traces(request: DataRequest<SftRules>): Promise<DataFile>;
  /** Writes preference pairs. */
  pairs(request: DataRequest<PairRules>): Promise<DataFile>;
  /** Trains a model. */
  train(request: TrainRequest): Promise<Model>;
  /** Measures models on the suite, by problem. */
  evaluate(request: EvaluateRequest): Promise<readonly GradedProblem[]>;
  /** Scores what leads to a judged answer, or the answers alone, by a reward model, and keeps the scores under its number. */
  score(trees: TreeSource, model: Model, nodes: ScoredNodes): Promise<void>;
  /** Which steps of trees have the generator's value; empty where problems say none. */
  stepTruths(trees: TreeSource): Promise<StepTruths>;
  /** Share of traces in which a step has another value than the generator's; `null` where the problems say none or the file is gone. */
  falseStepShare(file: DataFile): Promise<number | null>;
}
