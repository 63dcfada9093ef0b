import type { Json, Reporter } from "../../core/mod.ts";
import { type Domain, FitWatch, mathDomain, watchedDomain } from "../../domain/mod.ts";
import { type EvaluationResult, runEvaluation, storedEvaluation } from "../../evaluation/mod.ts";
import { type Grader, GRADER_VERSION } from "../../grading/mod.ts";
import { openStubSandbox, type Sandbox } from "../../sandbox/mod.ts";
import { openTreesFor } from "../../search/mod.ts";
import type { Store } from "../../store/mod.ts";
import { asJson } from "../as_json.ts";
import type { ExecutionResources } from "../execution_resources.ts";
import { codeRevision } from "../host.ts";
import type { InterruptSignals } from "../terminal/interrupt.ts";
import type { MeasuredModels, ModelIdentity, ServedModels } from "../../models/mod.ts";
import { type EvalTask, evaluationPlan, promptHash } from "./plan.ts";
import type { MeasureSettings } from "./measure_settings.ts";
import type { EvalProgress } from "./progress.ts";

/** Parts needed to measure one suite in one mode. */
export interface TaskParts {
  readonly config: MeasureSettings;
  readonly models: MeasuredModels;
  readonly served: ServedModels;
  readonly identity: ModelIdentity;
  readonly store: Store;
  readonly execution: ExecutionResources;
  readonly interrupts: InterruptSignals;
  readonly progress: EvalProgress;
  readonly reporter: Reporter;
}

/** The result of a suite in a mode that is stored whole, so that nothing need be started for it; `null` for any other. */
export async function storedTask(
  task: EvalTask,
  { config, models, identity, store }: Pick<TaskParts, "config" | "models" | "identity" | "store">,
): Promise<EvaluationResult | null> {
  const plan = evaluationPlan(task, { config, models, identity, provenance: null });
  return await storedEvaluation(task.loaded, plan, {
    store,
    grader: GRADER_VERSION,
    calibration: task.mode.needsPpm ? models.calibration : null,
  });
}

/** Samples in flight where replies come from a recording. */
const REPLAYED_SAMPLES = 64;

/**
 * Measures one suite in one mode, going on with what is stored.
 *
 * @throws As `runEvaluation`, and when the embedded engine dies.
 */
export async function evaluateTask(task: EvalTask, parts: TaskParts): Promise<EvaluationResult> {
  const { config, models, served, identity, store, execution, interrupts, progress, reporter } =
    parts;
  const grader = await execution.grader();
  await using nothing = openStubSandbox();
  const sandbox = config.noCode ? nothing : await execution.sandbox();
  // A prompt that is never used must not exclude a chat endpoint.
  const prompt = config.noCode ? "bootstrap" : task.prompt;
  const api = config.policyApi;
  const fit = new FitWatch({ asked: { prompt, api }, say: (line) => reporter.warn(line) });
  const domain = watchedDomain(mathDomain({ sandbox, grader, prompt, api }), fit);
  const provenance = await taskProvenance(task, { ...parts, grader, sandbox, domain });
  const engineDied = new AbortController();
  void served.died.then((error) => engineDied.abort(error));
  reporter.progress(() => progress.picture());
  const result = await runEvaluation(
    task.loaded,
    evaluationPlan(task, { config, models, identity, provenance }),
    {
      policy: served.policy,
      ppm: task.mode.needsPpm ? served.ppm : null,
      domain,
      grader,
      store,
      concurrency: (open) =>
        served.policyPool === null ? REPLAYED_SAMPLES : openTreesFor({
          policySlots: served.policyPool.metrics().limit,
          ppmSlots: task.mode.needsPpm ? served.ppmPool?.metrics().limit ?? 0 : 0,
          sandboxWorkers: sandbox.info.workers,
          sandboxWaiting: sandbox.metrics().waiting,
          window: 1,
          open,
        }),
      onStart: (counts) =>
        progress.begin(`${models.label}, ${task.loaded.suite.name}, ${task.mode.name}`, counts),
      onSample: (event) => progress.made(event),
      onFailure: (error) => progress.failed(error),
      mayGoOn: () =>
        progress.generatedTokens < (config.budgetTokens ?? Infinity) &&
        progress.seconds < (config.budgetTime ?? Infinity),
      stopAdmitting: interrupts.stopAdmitting,
      signal: AbortSignal.any([interrupts.stopNow, engineDied.signal]),
    },
  );
  fit.finish();
  if (fit.hasReadNothing) progress.readNothing();
  return result;
}

/** Provenance of an evaluation: how it was made. It is kept beside the evaluation, and is no part of what identifies it. */
async function taskProvenance(
  { loaded, samples }: EvalTask,
  parts: TaskParts & {
    readonly grader: Grader;
    readonly sandbox: Sandbox;
    readonly domain: Domain;
  },
): Promise<Json> {
  const { config, models, served, grader, sandbox, domain } = parts;
  return asJson({
    label: models.label,
    models: { policy: served.policy.description, ppm: served.ppm?.description ?? null },
    problems: { checksum: loaded.checksum, selected: loaded.problems.length },
    promptHash: promptHash(domain, config),
    samples,
    seed: config.seed,
    grader: grader.version,
    codeRev: await codeRevision(),
    sandboxTier: config.noCode ? null : sandbox.info.tier,
    packages: { deno: Deno.version.deno, python: sandbox.info.python, ...sandbox.info.packages },
  });
}
