import type { EvalConfig } from "../../config/mod.ts";
import { InfrastructureError } from "../../core/mod.ts";
import type { EvaluationResult } from "../../evaluation/mod.ts";
import type { Store } from "../../store/mod.ts";
import { Interrupted, type InterruptSignals } from "../interrupt.ts";
import type { ServedModels } from "../served_models.ts";
import type { WorkDisplay } from "../work_display.ts";
import type { Workplace } from "../workplace.ts";
import type { MeasuredModels } from "./checkpoints.ts";
import { evaluateTask, storedTask } from "./evaluate_task.ts";
import { knownIdentity, type ServedIdentity } from "./models.ts";
import type { EvalTask } from "./plan.ts";
import { EvalProgress } from "./progress.ts";

/** What a part of a longer run is measured with. */
export interface MeasureParts {
  /** As `eval` would be told it, so that either goes on where the other stopped. */
  readonly config: EvalConfig;
  readonly models: MeasuredModels;
  /** Serves the models; asked only when something is left to be made. */
  readonly serve: () => Promise<ServedModels>;
  readonly store: Store;
  readonly workplace: Workplace;
  readonly interrupts: InterruptSignals;
  readonly display: WorkDisplay;
}

/**
 * Measures one suite in one mode to its end; what is stored whole starts nothing.
 *
 * @throws {Interrupted} After SIGINT, when what was in flight is stored.
 * @throws {InfrastructureError} If samples could not be made.
 */
export async function measureTask(task: EvalTask, parts: MeasureParts): Promise<EvaluationResult> {
  const { config, models, store, workplace, interrupts, display } = parts;
  const identity = await identityOf(models, { config, needsPpm: task.mode.needsPpm });
  const stored = await storedTask(task, { config, models, identity, store });
  if (stored !== null) return stored;
  const progress = new EvalProgress();
  display.show(() => progress.picture());
  const result = await evaluateTask(task, {
    ...{ config, models, identity, store, workplace, interrupts, progress },
    served: await parts.serve(),
  });
  progress.failureLines().forEach((line) => display.warn(line));
  if (interrupts.stopAdmitting.aborted) throw new Interrupted("Interrupted");
  if (result.isComplete) return result;
  throw new InfrastructureError(
    "process",
    `${result.summary.counts.missing} samples of suite "${result.suite}" could not be made or judged, for the reasons above`,
  );
}

/** Equal weights are the same model, wherever they lie; a name that only a serving hook understands is itself. */
async function identityOf(
  measured: MeasuredModels,
  options: { readonly config: EvalConfig; readonly needsPpm: boolean },
): Promise<ServedIdentity> {
  const { policy } = measured;
  const isFolder = policy.kind === "folder" &&
    await Deno.stat(policy.folder).then(({ isDirectory }) => isDirectory, () => false);
  const name = policy.kind === "folder" ? policy.folder : policy.urls.join(",");
  const known = isFolder ? await knownIdentity(measured, options) : null;
  return known ?? { policy: { model: name }, ppm: null };
}
