import { Interrupted, type Reporter } from "../../core/mod.ts";
import type { EvaluationResult } from "../../evaluation/mod.ts";
import type { Store } from "../../store/mod.ts";
import { type InterruptSignals } from "../terminal/interrupt.ts";
import {
  knownIdentity,
  type MeasuredModels,
  type ModelIdentity,
  type ServedModels,
} from "../../models/mod.ts";
import { requireFinished } from "../unfinished.ts";
import type { ExecutionResources } from "../execution_resources.ts";
import { evaluateTask, storedTask } from "./evaluate_task.ts";
import type { EvalTask } from "./plan.ts";
import type { MeasureSettings } from "./measure_settings.ts";
import { EvalProgress } from "./progress.ts";

/** Inputs of a measurement that is part of a longer run. */
export interface MeasureParts {
  readonly config: MeasureSettings;
  readonly models: MeasuredModels;
  /** Serves the models; asked only when something is left to be made. */
  readonly serve: () => Promise<ServedModels>;
  readonly store: Store;
  readonly execution: ExecutionResources;
  readonly interrupts: InterruptSignals;
  readonly reporter: Reporter;
  /** Share of the samples that the machinery may fail. @default 0 */
  readonly maxUnfinished?: number;
}

/**
 * Measures one suite in one mode to its end; what is stored whole starts nothing. Samples that the machinery failed count neither as
 * right nor as wrong.
 *
 * @throws {Interrupted} After SIGINT, when what was in flight is stored.
 * @throws {InfrastructureError} If more samples than `maxUnfinished` allows could not be made.
 */
export async function measureTask(task: EvalTask, parts: MeasureParts): Promise<EvaluationResult> {
  const { config, models, store, execution, interrupts, reporter, maxUnfinished = 0 } = parts;
  const identity = await identityOf(models, task.mode);
  const stored = await storedTask(task, { config, models, identity, store });
  if (stored !== null) return stored;
  const progress = new EvalProgress();
  const result = await evaluateTask(task, {
    config,
    models,
    identity,
    store,
    execution,
    interrupts,
    progress,
    served: await parts.serve(),
    reporter,
  });
  progress.failureLines().forEach((line) => reporter.warn(line));
  if (interrupts.stopAdmitting.aborted) throw new Interrupted("Interrupted");
  const { missing } = result.summary.counts;
  requireFinished(result.isComplete ? 0 : missing, {
    what: `samples of suite "${result.suite}"`,
    reporter,
    maxUnfinished,
    total: task.loaded.problems.length * task.samples,
  });
  return result;
}

/** Equal weights are the same model, wherever they lie; a name that only a serving hook understands is itself. */
async function identityOf(
  measured: MeasuredModels,
  options: { readonly needsPpm: boolean },
): Promise<ModelIdentity> {
  const { policy } = measured;
  const isFolder = policy.kind === "folder" &&
    await Deno.stat(policy.folder).then(({ isDirectory }) => isDirectory, () => false);
  const name = policy.kind === "folder" ? policy.folder : policy.urls.join(",");
  const known = isFolder ? await knownIdentity(measured, options) : null;
  return known ?? { policy: { model: name }, ppm: null };
}
