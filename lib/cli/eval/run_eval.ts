import type { EvalConfig } from "../../config/mod.ts";
import { InfrastructureError, Interrupted, UnreadableModelError } from "../../core/mod.ts";
import type { RecorderOptions } from "../../endpoint/mod.ts";
import type { EvaluationResult, LoadedSuite } from "../../evaluation/mod.ts";
import { type DuckdbStore, openStore, type Store } from "../../store/mod.ts";
import { finishOnInterrupt, type InterruptSignals } from "../terminal/interrupt.ts";
import { modelHost } from "../host.ts";
import { openObservation } from "../observe/observation.ts";
import { TerminalReporter } from "../terminal/terminal_reporter.ts";
import {
  findModels,
  knownIdentity,
  type MeasuredModels,
  type ModelIdentity,
  openReplies,
  serveModels,
} from "../../models/mod.ts";
import { ExecutionResources } from "../execution_resources.ts";
import { evaluateTask, storedTask } from "./evaluate_task.ts";
import { type EvalTask, planTasks } from "./plan.ts";
import { EvalProgress } from "./progress.ts";

/** One line of the table. */
export interface MeasuredEntry {
  readonly models: Pick<MeasuredModels, "label" | "roundNo">;
  readonly result: EvaluationResult;
}

/** Result of a run of `eval`. */
export interface EvalOutcome {
  readonly entries: readonly MeasuredEntry[];
  readonly seconds: number;
}

interface Parts {
  readonly config: EvalConfig;
  readonly store: Store;
  readonly execution: ExecutionResources;
  readonly replies: RecorderOptions | null;
  readonly interrupts: InterruptSignals;
  readonly progress: EvalProgress;
  readonly reporter: TerminalReporter;
}

/**
 * Measures what the configuration asks for. What is stored whole is read, not measured again.
 *
 * @param report Called with what there is, before an error or interruption is passed on.
 * @throws {Interrupted} After SIGINT, when what was in flight is stored.
 * @throws {InfrastructureError} If something cannot be started, or samples are missing.
 * @throws {UnreadableModelError} If nothing was right because nothing that a model wrote could be read.
 */
export async function runEval(
  config: EvalConfig,
  suites: readonly LoadedSuite[],
  report: (outcome: EvalOutcome, store: DuckdbStore) => Promise<void>,
): Promise<void> {
  using reporter = new TerminalReporter(config);
  const say = (text: string) => reporter.say(text);
  using interrupts = finishOnInterrupt((text) => reporter.warn(text), "the samples in flight");
  await using resources = new AsyncDisposableStack();
  const store = resources.use(await openStore(config.db));
  resources.use(
    await openObservation({ db: config.db, command: "eval", store, log: "off", reporter }),
  );
  const execution = resources.use(
    new ExecutionResources(config, { onProgress: say, signal: interrupts.stopNow }),
  );
  const replies = await openReplies(config);
  if (replies !== null) resources.use(replies.store);
  const progress = new EvalProgress();
  const parts: Parts = { config, store, execution, replies, interrupts, progress, reporter };
  const entries: MeasuredEntry[] = [];
  for (const models of await findModels(config, store)) {
    if (interrupts.stopAdmitting.aborted) break;
    const tasks = planTasks(config, suites, models);
    if (tasks.length === 0) say(`${models.label}: no PPM, nothing to measure`);
    else entries.push(...await measure(models, tasks, parts));
  }
  // The tables stand below the last picture.
  reporter[Symbol.dispose]();
  await report({ entries, seconds: progress.seconds }, store);
  if (interrupts.stopAdmitting.aborted) throw new Interrupted("Interrupted");
  const failed = entries.reduce((sum, { result }) => sum + result.summary.counts.infrastructure, 0);
  if (failed > 0) {
    throw new InfrastructureError(
      "process",
      `${failed} samples could not be made, for the reasons above; nothing stored is lost, and the same command makes them again`,
    );
  }
  if (progress.unread.length > 0) {
    throw new UnreadableModelError(
      `Cannot take these figures for what the model can do: nothing that it wrote could be read (${
        progress.unread.join("; ")
      }); they are stored; deno task sql 'select * from samples' shows them, and deno task doctor --policy URL says what the server does`,
    );
  }
}

/** Measures one pair of models, which are served only when something is left to be made. */
async function measure(
  models: MeasuredModels,
  tasks: readonly EvalTask[],
  parts: Parts,
): Promise<readonly MeasuredEntry[]> {
  const { config, reporter } = parts;
  const needsPpm = tasks.some(({ mode }) => mode.needsPpm);
  const identity = await knownIdentity(models, { needsPpm, requests: config.requests });
  if (identity !== null) {
    const stored = await readStored(models, { tasks, identity, parts });
    if (stored !== null) {
      reporter.say(`${models.label}: everything is measured already`);
      return stored;
    }
  }
  await using resources = new AsyncDisposableStack();
  const served = await serveModels(models, config, {
    needsPpm,
    host: modelHost(),
    policyApi: config.policyApi,
    modelLength: Math.max(
      ...tasks.map(({ loaded }) => config.modelLength ?? loaded.suite.modelLength),
    ),
    replies: parts.replies,
    resources,
    onProgress: (text) => reporter.say(text),
    signal: parts.interrupts.stopNow,
  });
  const entries: MeasuredEntry[] = [];
  for (const task of tasks) {
    if (parts.interrupts.stopAdmitting.aborted) break;
    const { store, execution, interrupts, progress } = parts;
    const result = await evaluateTask(task, {
      config,
      models,
      served,
      store,
      execution,
      interrupts,
      progress,
      identity: served.identity,
      reporter,
    });
    entries.push({ models, result });
    parts.progress.failureLines().forEach((line) => reporter.warn(line));
  }
  return entries;
}

async function readStored(
  models: MeasuredModels,
  { tasks, identity, parts }: {
    readonly tasks: readonly EvalTask[];
    readonly identity: ModelIdentity;
    readonly parts: Parts;
  },
): Promise<readonly MeasuredEntry[] | null> {
  const { config, store } = parts;
  const entries: MeasuredEntry[] = [];
  for (const task of tasks) {
    const result = await storedTask(task, { config, models, identity, store });
    if (result === null) return null;
    entries.push({ models, result });
  }
  return entries;
}
