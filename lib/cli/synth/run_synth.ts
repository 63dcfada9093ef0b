import type { SynthConfig } from "../../config/mod.ts";
import { InfrastructureError, Interrupted, upgradeSpec } from "../../core/mod.ts";
import { type DuckdbStore, type OpenedRun, openStore } from "../../store/mod.ts";
import { modelHost } from "../host.ts";
import { finishOnInterrupt, type InterruptSignals } from "../terminal/interrupt.ts";
import { TerminalReporter } from "../terminal/terminal_reporter.ts";
import { openObservation } from "../observe/observation.ts";
import { openMode } from "../open_mode.ts";
import { announceRun } from "../announce_run.ts";
import { undoneWayOn } from "../unfinished.ts";
import { ExecutionResources } from "../execution_resources.ts";
import { growRound, type RoundOutcome, type RoundRequest } from "./grow.ts";
import { type PendingJobs, pendingJobs } from "./jobs.ts";
import {
  type IdentifiedModels,
  identifyModels,
  openModels,
  openReplies,
  probeModels,
} from "../../models/mod.ts";
import { runSpec, SYNTH_SPEC, type SynthPlan } from "./plan.ts";
import { searchProvenance } from "./provenance.ts";
import type { SynthOutcome } from "./summary.ts";

/** Round number of a plain `synth`. */
const ROUND = 0;

/**
 * Runs a plan: grows and stores the trees that are not there yet. What they need is started only when there are any.
 *
 * @throws {Interrupted} After SIGINT, when everything in flight is stored.
 * @throws {InfrastructureError} If something cannot be started, or trees were left unfinished.
 */
export async function runSynth(config: SynthConfig, plan: SynthPlan): Promise<SynthOutcome> {
  using reporter = new TerminalReporter(config);
  using interrupts = finishOnInterrupt((text) => reporter.warn(text), "the open trees");
  await using resources = new AsyncDisposableStack();
  const store = resources.use(await openStore(config.db));
  const synth = new Synth(config, plan, { store, reporter, interrupts, resources });
  return await synth.run();
}

interface SynthParts {
  readonly store: DuckdbStore;
  readonly reporter: TerminalReporter;
  readonly interrupts: InterruptSignals;
  readonly resources: AsyncDisposableStack;
}

interface ContinuedRun {
  readonly run: OpenedRun;
  readonly left: PendingJobs;
}

class Synth {
  readonly #config: SynthConfig;
  readonly #plan: SynthPlan;
  readonly #parts: SynthParts;
  readonly #startedMs = performance.now();

  constructor(config: SynthConfig, plan: SynthPlan, parts: SynthParts) {
    this.#config = config;
    this.#plan = plan;
    this.#parts = parts;
  }

  async run(): Promise<SynthOutcome> {
    const { reporter, interrupts } = this.#parts;
    const identified = await identifyModels(this.#plan.models, this.#config, {
      signal: interrupts.stopNow,
      host: modelHost(),
      isReplayed: this.#config.replay !== undefined,
      onProgress: (text) => reporter.say(text),
    });
    const continued = await this.#continued(identified);
    return continued?.left.count === 0
      ? await this.#finished(continued)
      : await this.#grow(identified, continued);
  }

  /** The run that is going to be continued, and what is left of it; `null` where one is going to be started. */
  async #continued({ identity }: IdentifiedModels): Promise<ContinuedRun | null> {
    const { store } = this.#parts;
    const run = await store.matchRun({
      name: this.#config.run,
      spec: runSpec(this.#config, this.#plan, identity),
      upgrade: (stored) => upgradeSpec(SYNTH_SPEC, stored),
      mode: openMode(this.#config),
    });
    return run === null ? null : { run, left: await pendingJobs(store, this.#request(run)) };
  }

  /** The outcome of a run in which every tree is stored already. */
  async #finished({ run, left: { givenUp } }: ContinuedRun): Promise<SynthOutcome> {
    this.#parts.reporter.say(
      givenUp === 0
        ? `Continuing run "${run.name}": every tree is stored, nothing is left to do`
        : `Continuing run "${run.name}": nothing is left to do but ${givenUp} trees that were given up after ` +
          "failing again and again (select * from attempt)",
    );
    return await this.#outcome(run, { undone: givenUp, givenUp, stoppedBy: null });
  }

  async #grow(known: IdentifiedModels, continued: ContinuedRun | null): Promise<SynthOutcome> {
    const { store, resources, reporter, interrupts } = this.#parts;
    const signal = interrupts.stopNow;
    const observation = resources.use(
      await openObservation({
        db: this.#config.db,
        command: "synth",
        store,
        log: this.#config.log,
        reporter,
      }),
    );
    const onProgress = (text: string) => reporter.say(text);
    const host = modelHost();
    const identified = await probeModels(this.#plan.models, this.#config, {
      host,
      signal,
      identified: known,
      isReplayed: this.#config.replay !== undefined,
      onProgress,
    });
    // Before anything is started: whether the file can be used is known at once.
    const replies = await openReplies(this.#config);
    if (replies !== null) resources.use(replies.store);
    const execution = resources.use(
      new ExecutionResources(this.#config, { onProgress, signal }),
    );
    const sandbox = await execution.sandbox();
    const grader = await execution.grader();
    const models = await openModels(this.#plan.models, this.#config, {
      host,
      resources,
      signal,
      replies,
      identified,
      onProgress,
    });
    const run = await store.openRun({
      name: this.#config.run,
      command: "synth",
      spec: runSpec(this.#config, this.#plan, models.identity),
      upgrade: (stored) => upgradeSpec(SYNTH_SPEC, stored),
      mode: openMode(this.#config),
      provenance: await searchProvenance(this.#config, { sandbox, models }),
    });
    reporter.event({ type: "session", run: run.name, command: "synth" });
    announceRun(run, onProgress);
    observation.useRun(run);
    // Nobody else writes: what was left before the models were started is left now.
    const left = continued?.run.runNo === run.runNo ? continued.left : undefined;
    const outcome = await growRound({ ...this.#request(run), left }, {
      store,
      models,
      sandbox,
      grader,
      reporter,
      signal,
      tracing: observation.tracing,
      onStart: (progress) => observation.watch(progress),
      budget: budgetOf(this.#config),
      stallSeconds: this.#config.treeTimeout,
      stopAdmitting: interrupts.stopAdmitting,
    });
    const { stored, parked, undone, givenUp, stoppedBy } = outcome;
    reporter.event({ type: "end", stored, parked, undone });
    outcome.failures.forEach((line) => reporter.warn(line));
    this.#throwIfUnfinished(outcome);
    return await this.#outcome(run, { undone, givenUp, stoppedBy });
  }

  #request({ runNo }: OpenedRun): RoundRequest {
    const { problems, seeds, spec } = this.#plan;
    const { policyApi } = this.#config;
    return { runNo, roundNo: ROUND, problems, seeds, spec, policyApi };
  }

  #throwIfUnfinished({ undone, givenUp, parked, wanted }: RoundOutcome): void {
    const left = undoneWayOn({ undone, givenUp });
    const { reporter, interrupts } = this.#parts;
    if (interrupts.stopAdmitting.aborted) {
      reporter.warn(`Stopped: ${undone} trees are left; ${left}`);
      throw new Interrupted("Interrupted");
    }
    if (parked === 0) return;
    throw new InfrastructureError(
      "process",
      `${parked} of ${wanted} trees could not be finished, for the reasons above; nothing stored is lost; ` +
        `${undone} trees are left undone: ${left}`,
    );
  }

  async #outcome(
    { runNo, name }: OpenedRun,
    left: Pick<SynthOutcome, "undone" | "givenUp" | "stoppedBy">,
  ): Promise<SynthOutcome> {
    const summary = await this.#parts.store.summary(runNo, { roundNo: ROUND });
    const seconds = (performance.now() - this.#startedMs) / 1000;
    return { run: name, db: this.#config.db, summary, seconds, ...left };
  }
}

function budgetOf(config: SynthConfig) {
  return {
    run: {
      tokens: config.budgetTokens,
      seconds: config.budgetTime,
      price: config.budgetPrice,
    },
    problem: config.problemBudget,
  };
}
