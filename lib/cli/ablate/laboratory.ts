import type {
  AblationSettings,
  DataFile,
  DataRequest,
  EvaluateRequest,
  Laboratory,
  Model,
  ScoredNodes,
  SearchSampling,
  SourceRound,
  StepTruths,
  TrainRequest,
  TreesRequest,
} from "../../ablation/mod.ts";
import { DEFAULT_CALIBRATION, type Problem } from "../../core/mod.ts";
import {
  type GradedProblem,
  gradeProblems,
  makeMode,
  promptOf,
  searchSampling,
} from "../../evaluation/mod.ts";
import {
  exportPairs,
  exportSft,
  type PairRules,
  type SftRules,
  type TreeSource,
} from "../../export/mod.ts";
import { GRADER_VERSION } from "../../grading/mod.ts";
import type { DuckdbStore } from "../../store/mod.ts";
import { measureSettings } from "../eval/measure_settings.ts";
import { measureTask } from "../eval/measure_task.ts";
import { falseStepShare, problemsWithTruth } from "../false_steps.ts";
import { isFile } from "../is_file.ts";
import { growTrees } from "./grow_trees.ts";
import { makeData } from "./made_data.ts";
import { makeModel } from "./made_model.ts";
import { type LaboratoryParts, serve } from "./parts.ts";
import { scoreNodes } from "./score_nodes.ts";
import { stepTruths } from "./step_truths.ts";

/** Work of ablations over a store: everything that it makes has its row, under the run of the ablation or a run of its own. */
export class StoreLaboratory implements Laboratory {
  readonly settings: AblationSettings;
  readonly source: SourceRound;
  readonly suiteProblems: readonly Problem[];
  readonly searchSampling: SearchSampling;
  readonly control: Laboratory | null;
  readonly reader: DuckdbStore;
  readonly #parts: LaboratoryParts;
  readonly #problems: ReadonlyMap<string, Problem>;
  /** Truths of the trees of a run, by its number: they are worked out once. */
  readonly #truths = new Map<number, Promise<StepTruths>>();
  /** Models that grew the trees of a run, by its number. */
  readonly #searchers = new Map<number, readonly Model[]>();

  constructor(parts: LaboratoryParts) {
    this.#parts = parts;
    const { settings, found: { source, problems, run }, store, suite } = parts;
    this.settings = settings;
    this.source = source;
    this.reader = store;
    this.control = parts.control;
    this.suiteProblems = suite.problems;
    this.searchSampling = searchSampling(suite.suite);
    this.#problems = new Map([...suite.problems, ...problems].map((one) => [one.id, one]));
    this.#searchers.set(
      run.runNo,
      [source.searchPolicy, source.searchPpm].filter((m) => m !== null),
    );
  }

  /** @inheritdoc */
  async trees(request: TreesRequest): Promise<TreeSource> {
    const { round = this.source.round, policy, ppm } = request;
    const problems = request.problemIds.map((id) => this.#problem(id));
    const runNo = await growTrees(request, { ...this.#parts, problems });
    this.#searchers.set(runNo, ppm === null ? [policy] : [policy, ppm]);
    return { runNo, rounds: [round] };
  }

  /** @inheritdoc */
  async countTraces(
    { trees, rules, only }: Omit<DataRequest<SftRules>, "key">,
  ): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    await exportSft(this.reader, {
      folder: null,
      source: trees,
      rules,
      ...(only === undefined ? {} : { only }),
      decontaminator: await this.#parts.decontaminator(),
      onProblem: (id, rows) => counts.set(id, rows),
      signal: this.#parts.interrupts.stopAdmitting,
    });
    return counts;
  }

  /** @inheritdoc */
  traces(request: DataRequest<SftRules>): Promise<DataFile> {
    return makeData({
      kind: "sft",
      request,
      searchers: this.#searchersOf(request.trees),
      write: (options) => exportSft(this.reader, options),
    }, this.#parts);
  }

  /** @inheritdoc */
  pairs(request: DataRequest<PairRules>): Promise<DataFile> {
    return makeData({
      kind: "pairs",
      request,
      searchers: this.#searchersOf(request.trees),
      write: (options) => exportPairs(this.reader, options),
    }, this.#parts);
  }

  /** @inheritdoc */
  train(request: TrainRequest): Promise<Model> {
    return makeModel(request, this.#parts);
  }

  /** @inheritdoc */
  async evaluate(request: EvaluateRequest): Promise<readonly GradedProblem[]> {
    const { suite, run, store, execution, interrupts, reporter } = this.#parts;
    const { label, mode, policy, ppm = null, samples = 1, seed = 0 } = request;
    reporter.begin(`${run.name}: measuring ${label}, ${mode}`);
    const { evalId } = await measureTask({
      loaded: suite,
      mode: makeMode(mode, suite.suite, request.sampling),
      samples,
      prompt: promptOf(suite.suite),
    }, {
      store,
      execution,
      interrupts,
      reporter,
      config: measureSettings(seed),
      models: {
        label,
        runNo: run.runNo,
        // `round-N` is what the run itself measured of round N, never an arm.
        roundNo: null,
        policyArtifact: policy.artifactId,
        ppmArtifact: ppm?.artifactId ?? null,
        policy: { kind: "folder", folder: policy.folder },
        ppm: ppm === null ? null : { kind: "folder", folder: ppm.folder },
        calibration: ppm?.calibration ?? DEFAULT_CALIBRATION,
      },
      serve: () => serve(this.#parts, policy, ppm),
    });
    const ids = new Set(suite.problems.map(({ id }) => id));
    const kept = (await store.samples(evalId)).filter(({ problemId, sample }) =>
      ids.has(problemId) && sample < samples
    );
    return gradeProblems(kept, GRADER_VERSION);
  }

  /** @inheritdoc */
  async score(trees: TreeSource, model: Model, nodes: ScoredNodes): Promise<void> {
    const { store, reporter, run, interrupts } = this.#parts;
    await scoreNodes(trees, {
      store,
      nodes,
      scorer: model.artifactId,
      signal: interrupts.stopAdmitting,
      ppm: async () => {
        reporter.begin(`${run.name}: scoring trees`);
        const { ppm } = await serve(this.#parts, this.source.policy, model);
        if (ppm === null) throw new TypeError("Cannot score trees: no reward model is served");
        return ppm;
      },
    });
  }

  /** @inheritdoc */
  stepTruths(trees: TreeSource): Promise<StepTruths> {
    const { execution, interrupts } = this.#parts;
    const { runNo } = trees;
    const known = this.#truths.get(runNo) ?? stepTruths(trees, {
      reader: this.reader,
      problems: this.#problems,
      sandbox: () => execution.sandbox(),
      signal: interrupts.stopAdmitting,
    });
    this.#truths.set(runNo, known);
    return known;
  }

  /** @inheritdoc */
  async falseStepShare(file: DataFile): Promise<number | null> {
    // A run whose files were left behind still has its models elsewhere, and can be measured.
    if (!await isFile(file.path)) return null;
    return await falseStepShare(file.path, {
      // Policies are trained on traces of all rounds so far, not of the source round alone.
      problems: await problemsWithTruth(this.reader, this.#parts.found.run.runNo),
      sandbox: () => this.#parts.execution.sandbox(),
      signal: this.#parts.interrupts.stopAdmitting,
    });
  }

  #problem(id: string): Problem {
    const problem = this.#problems.get(id);
    if (problem !== undefined) return problem;
    throw new RangeError(`Cannot search problem "${id}": it is none of the round or the suite`);
  }

  #searchersOf({ runNo }: TreeSource): readonly Model[] {
    return this.#searchers.get(runNo) ?? [];
  }
}
