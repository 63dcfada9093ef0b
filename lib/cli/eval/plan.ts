import type { EvalConfig } from "../../config/mod.ts";
import {
  type EvaluationModeName,
  hashJson,
  isStarterSet,
  type Json,
  UsageError,
} from "../../core/mod.ts";
import type { StepDomain } from "../../domain/mod.ts";
import {
  defaultSamples,
  type EvaluationMode,
  type EvaluationPlan,
  type LoadedSuite,
  makeMode,
  type ModeOverrides,
  promptOf,
  talkPrompt,
} from "../../evaluation/mod.ts";
import { limitsSpec } from "../limits_spec.ts";
import { openMode } from "../open_mode.ts";
import type { MeasuredModels, ModelIdentity } from "../../models/mod.ts";
import type { SuiteSelection } from "./load_suites.ts";
import type { MeasureSettings } from "./measure_settings.ts";

/** Problems of a starter suite that are measured where nothing else is said. */
const STARTER_LIMIT = 200;

/** One suite in one mode. */
export interface EvalTask {
  readonly loaded: LoadedSuite;
  readonly mode: EvaluationMode;
  readonly samples: number;
  readonly prompt: "trained" | "bootstrap";
}

/** Which problems of a suite are measured: a few of a starter suite, or what was asked for. */
export function selectionOf(config: EvalConfig, suite: string): SuiteSelection {
  const { limit, level, subject, ids } = config;
  return {
    limit: limit ?? (isStarterSet(suite) && ids === undefined ? STARTER_LIMIT : undefined),
    levels: level,
    subjects: subject,
    ids,
  };
}

/**
 * Plans the tasks of one pair of models. With all rounds, one without a PPM (the base has none) is left out of the modes that need it.
 *
 * @throws {UsageError} If a mode needs a PPM and the models that were named have none.
 */
export function planTasks(
  config: EvalConfig,
  suites: readonly LoadedSuite[],
  models: MeasuredModels,
): readonly EvalTask[] {
  const tasks = suites.flatMap((loaded) =>
    modesFor(config, models).map((name) => makeTask(config, { loaded, name }))
  );
  const unscored = tasks.find(({ mode }) => mode.needsPpm && models.ppm === null);
  if (unscored === undefined) return tasks;
  if (config.allRounds) return tasks.filter(({ mode }) => !mode.needsPpm);
  throw new UsageError(
    `Cannot measure ${models.label} with mode "${unscored.mode.name}": expected a PPM, got none; name one with --ppm`,
  );
}

/** One suite in one mode, as the configuration asks for it. */
export function makeTask(
  config: EvalConfig,
  { loaded, name }: { readonly loaded: LoadedSuite; readonly name: EvaluationModeName },
): EvalTask {
  return {
    loaded,
    mode: makeMode(name, loaded.suite, overridesOf(config)),
    samples: samplesOf(name, { config, loaded }),
    prompt: promptOf(loaded.suite, config),
  };
}

/** Conditions that change the meaning of a sample, except models, mode, problems and seed. */
export function conditionsOf(
  { prompt }: Pick<EvalTask, "prompt">,
  { policyApi, noCode }: Pick<MeasureSettings, "policyApi" | "noCode">,
): Readonly<Record<"policyApi" | "prompt" | "limits", Json>> {
  return { policyApi, prompt, limits: noCode ? null : limitsSpec() };
}

/** A table of all rounds shows the policy alone and, where a round has its PPM, search. */
function modesFor(config: EvalConfig, { ppm }: MeasuredModels): readonly EvaluationModeName[] {
  if (config.mode !== undefined) return [...new Set(config.mode)];
  return config.allRounds && ppm !== null ? ["greedy", "mcts"] : ["greedy"];
}

function samplesOf(
  name: EvaluationModeName,
  { config, loaded }: { readonly config: EvalConfig; readonly loaded: LoadedSuite },
): number {
  // All greedy answers are one.
  if (name === "greedy") return 1;
  return config.k ?? defaultSamples(name, loaded.suite);
}

function overridesOf(config: EvalConfig): ModeOverrides {
  const { prompt, noCode, temperature, topP, maxTokens, modelLength, preset, width } = config;
  const { rollouts, candidates } = config;
  return {
    prompt,
    noCode,
    temperature,
    topP,
    maxTokens,
    modelLength,
    preset,
    width,
    api: config.policyApi,
    search: {
      ...config.search,
      ...(rollouts === undefined ? {} : { rollouts }),
      ...(candidates === undefined ? {} : { candidates }),
    },
  };
}

/** Plan that the evaluation of a task is stored under. Whether a PPM exists changes nothing for modes that use none. */
export function evaluationPlan(
  task: EvalTask,
  options: {
    readonly config: MeasureSettings;
    readonly models: MeasuredModels;
    readonly identity: ModelIdentity;
    readonly provenance: Json;
  },
): EvaluationPlan {
  const { config, models, identity, provenance } = options;
  const { mode, samples } = task;
  return {
    mode,
    samples,
    seed: config.seed,
    runNo: models.runNo,
    roundNo: models.roundNo,
    policy: models.policyArtifact,
    ppm: mode.needsPpm ? models.ppmArtifact : null,
    open: openMode({ resume: config.resume, newRun: config.newEval }),
    spec: {
      policy: identity.policy,
      ppm: mode.needsPpm ? identity.ppm : null,
      calibration: mode.needsPpm ? { ...models.calibration } : null,
      ...conditionsOf(task, config),
    },
    provenance,
  };
}

/** Hash of what the policy is asked with, the question left out. */
export function promptHash(domain: StepDomain, { noCode, policyApi }: MeasureSettings): string {
  const prompt = noCode ? talkPrompt("", policyApi) : domain.prompt("", "");
  const text: Json = typeof prompt === "string"
    ? prompt
    : prompt.map(({ role, content }) => ({ role, content }));
  return hashJson({ prompt: text, stop: noCode ? [] : [...domain.stopStrings("step")] });
}
