/** A laboratory that does nothing and writes down what it is asked for. */
import type {
  AblationSettings,
  DataRequest,
  EvaluateRequest,
  Laboratory,
  Model,
  SourceRound,
  TrainRequest,
  TreesRequest,
} from "../../lib/ablation/mod.ts";
import type { Json, Problem } from "../../lib/core/mod.ts";
import type { GradedProblem, GradedSample } from "../../lib/evaluation/mod.ts";
import { pairRules, type SftRules, sftRules } from "../../lib/export/mod.ts";
import { PRESETS } from "../../lib/search/mod.ts";
import { trainSettings } from "../../lib/training/mod.ts";

export const model = (artifactId: number): Model => ({
  artifactId,
  round: 1,
  folder: `model-${artifactId}`,
  calibration: { bias: 0, scale: 1 },
});

export const problem = (id: string, level: number | null = 1): Problem => ({
  id,
  source: "s",
  question: id,
  answer: "1",
  level,
  meta: {},
});

export const sample = (
  correct: boolean,
  more: Partial<GradedSample> = {},
): GradedSample => ({
  answer: correct ? "1" : "2",
  group: correct ? "1" : "2",
  isGroupRight: correct,
  outcome: "answered",
  correct,
  score: null,
  tokens: 10,
  ppmTokens: 0,
  ...more,
});

/** Parts of a laboratory that a test decides. */
export interface Script {
  readonly problems?: readonly string[];
  readonly settings?: Partial<AblationSettings>;
  readonly source?: Partial<SourceRound>;
  readonly suite?: readonly Problem[];
  readonly control?: Laboratory;
  /** Traces of each problem, by run of the trees. */
  readonly traces?: (runNo: number, rules: SftRules) => Readonly<Record<string, number>>;
  /** Rows of a query over trees: problem and value. */
  readonly rows?: (sql: string, runNo: number) => readonly (readonly Json[])[];
  readonly evaluate?: (request: EvaluateRequest) => readonly GradedProblem[];
  /** Share of the traces of a file with a false step, by its path. */
  readonly falseSteps?: (path: string) => number | null;
}

/** A scripted laboratory with what it was asked for, in order. */
export interface ScriptedLaboratory extends Laboratory {
  readonly asked: {
    readonly trees: TreesRequest[];
    readonly traces: DataRequest<SftRules>[];
    readonly train: TrainRequest[];
    readonly evaluate: EvaluateRequest[];
  };
}

/** Runs of trees are numbered by key from 100; artifacts from 1000. */
export function scriptedLaboratory(script: Script): ScriptedLaboratory {
  const { problems = ["a", "b"], suite = [problem("v")] } = script;
  const asked: ScriptedLaboratory["asked"] = { trees: [], traces: [], train: [], evaluate: [] };
  const runs: string[] = [];
  let artifacts = 1_000;
  const count = (request: Pick<DataRequest<SftRules>, "trees" | "rules" | "only">) =>
    new Map(
      Object.entries(script.traces?.(request.trees.runNo, request.rules) ?? {})
        .filter(([id, traces]) => traces > 0 && request.only?.has(id) !== false),
    );
  return {
    asked,
    settings: {
      seeds: 1,
      samples: 2,
      searchProblems: 9,
      traces: 2,
      rollouts: [2, 8],
      ...script.settings,
    },
    source: {
      round: 2,
      trees: { runNo: 1, rounds: [2] },
      problemIds: problems,
      base: model(1),
      searchPolicy: model(2),
      searchPpm: null,
      policy: { ...model(3), round: 2 },
      ppm: model(4),
      traces: { artifactId: 5, path: "round-2/sft", rows: 7 },
      search: PRESETS["starter/r2"].spec,
      firstSearch: PRESETS["starter/r1"].spec,
      sftRules: sftRules("default"),
      pairRules: pairRules("default"),
      training: { sft: trainSettings("sft"), ppm: trainSettings("ppm") },
      ...script.source,
    },
    suiteProblems: suite,
    searchSampling: { temperature: 0.3, topP: 0.9 },
    control: script.control ?? null,
    reader: {
      query: (sql, { parameters = [] } = {}) =>
        Promise.resolve({
          columns: [],
          types: [],
          batches: (async function* () {
            yield await Promise.resolve(script.rows?.(sql, Number(parameters[0])) ?? []);
          })(),
        }),
    },
    trees: (request) => {
      asked.trees.push(request);
      const { key, round = 2 } = request;
      const run = `${round}: ${key}`;
      if (!runs.includes(run)) runs.push(run);
      return Promise.resolve({ runNo: 100 + runs.indexOf(run), rounds: [round] });
    },
    countTraces: (request) => Promise.resolve(count(request)),
    traces: (request) => {
      asked.traces.push(request);
      const rows = [...count(request).values()].reduce((a, b) => a + b, 0);
      return Promise.resolve({ artifactId: artifacts++, path: request.key, rows });
    },
    pairs: (request) => Promise.resolve({ artifactId: artifacts++, path: request.key, rows: 1 }),
    train: (request) => {
      asked.train.push(request);
      return Promise.resolve(model(artifacts++));
    },
    evaluate: (request) => {
      asked.evaluate.push(request);
      return Promise.resolve(script.evaluate?.(request) ?? []);
    },
    score: () => Promise.resolve(),
    stepTruths: () => Promise.resolve(new Map()),
    falseStepShare: ({ path }) => Promise.resolve(script.falseSteps?.(path) ?? null),
  };
}
