import { basename, dirname, join, resolve } from "node:path";
import type { EvolveConfig } from "../../config/mod.ts";
import { isStarterSet, type Json, upgradeSpec } from "../../core/mod.ts";
import { GRADER_VERSION } from "../../grading/mod.ts";
import { renderHtml, runReport } from "../../report/mod.ts";
import {
  isComplete,
  roundResults,
  ROUNDS_SPEC,
  type RoundsOutcome,
  type RoundsPlan,
  runRounds,
} from "../../rounds/mod.ts";
import { type DuckdbStore, type OpenedRun, openStore } from "../../store/mod.ts";
import { checkpointIdentity, hashOfWeights, openRoundServer, runFolder } from "../../models/mod.ts";
import { asJson } from "../as_json.ts";
import { decontaminatorOnce } from "../decontaminator.ts";
import { codeRevision, modelHost, pythonInterpreter } from "../host.ts";
import { finishOnInterrupt, type InterruptSignals } from "../terminal/interrupt.ts";
import { openObservation } from "../observe/observation.ts";
import { openMode } from "../open_mode.ts";
import { TerminalReporter } from "../terminal/terminal_reporter.ts";
import { announceRun } from "../announce_run.ts";
import { reportStage } from "./report_stage.ts";
import { evaluationSpec } from "./evaluation_stage.ts";
import { exportSpec } from "./export_stage.ts";
import { readMeasures } from "./measures.ts";
import { evolveSpec } from "./plan.ts";
import type { EvolvePlan } from "./evolve_plan.ts";
import { checkMachine } from "./preflight.ts";
import { evolveStages } from "./stages.ts";
import { RunFolders } from "./run_folders.ts";
import type { EvolveOutcome } from "./table.ts";
import { trainingSpec } from "./training_stage.ts";
import { ExecutionResources } from "../execution_resources.ts";

/**
 * Does what is left of a run of rounds, and says what the rounds came to.
 *
 * @throws {Interrupted} After SIGINT or SIGTERM; everything that was finished is stored.
 * @throws {UsageError} If settings contradict each other or the stored run, or a round made nothing to train on.
 * @throws {InfrastructureError} If something cannot be started, or fails.
 */
export async function runEvolve(config: EvolveConfig, plan: EvolvePlan): Promise<EvolveOutcome> {
  await using resources = new AsyncDisposableStack();
  const reporter = resources.use(new TerminalReporter(config));
  const interrupts = resources.use(
    finishOnInterrupt((text) => reporter.warn(text), "what is open"),
  );
  const base = await baseIdentity(config, plan);
  const store = resources.use(await openStore(config.db));
  const evolution = new Evolution(config, plan, { base, store, reporter, interrupts });
  const outcome = await evolution.run();
  reporter.finish();
  return outcome;
}

interface EvolutionParts {
  readonly base: Json;
  readonly store: DuckdbStore;
  readonly reporter: TerminalReporter;
  readonly interrupts: InterruptSignals;
}

class Evolution {
  readonly #config: EvolveConfig;
  readonly #plan: EvolvePlan;
  readonly #parts: EvolutionParts;
  readonly #spec: Json;
  readonly #base: string;
  readonly #startedMs = performance.now();

  constructor(config: EvolveConfig, plan: EvolvePlan, parts: EvolutionParts) {
    this.#config = config;
    this.#plan = plan;
    this.#parts = parts;
    // A folder is the same one for whoever reads its row from elsewhere; a name is the serving hook's.
    this.#base = hashOfWeights(parts.base) === null ? plan.base : resolve(plan.base);
    this.#spec = evolveSpec(config, plan, {
      base: parts.base,
      training: trainingSpec(config),
      exports: exportSpec(config),
    });
  }

  async run(): Promise<EvolveOutcome> {
    return await this.#finished() ?? await this.#go();
  }

  /** The outcome of a run of which nothing is left to do, with nothing started; `null` otherwise. */
  async #finished(): Promise<EvolveOutcome | null> {
    const { store, reporter } = this.#parts;
    const { run: name } = this.#config;
    const run = await store.matchRun({
      name,
      spec: this.#spec,
      upgrade: (stored) => upgradeSpec(ROUNDS_SPEC, stored),
      mode: openMode(this.#config),
    });
    if (run === null || !await isComplete(this.#roundsPlan(run), store)) return null;
    reporter.say(`Continuing run "${run.name}": every round is done`);
    return await this.#outcome(run, { ended: "complete", round: this.#plan.schedules.length });
  }

  async #go(): Promise<EvolveOutcome> {
    await using resources = new AsyncDisposableStack();
    const { store, reporter, interrupts } = this.#parts;
    const config = this.#config;
    const common = {
      onProgress: (message: string) => reporter.say(message),
      signal: interrupts.stopNow,
    };
    await checkMachine(config, this.#plan, {
      interpreter: () => pythonInterpreter("models", { torch: config.torch, ...common }),
      signal: interrupts.stopNow,
    });
    const observation = resources.use(
      await openObservation({
        db: config.db,
        command: "evolve",
        store,
        log: config.log,
        reporter,
      }),
    );
    const execution = resources.use(new ExecutionResources(config, common));
    const run = await this.#openRun(execution);
    reporter.event({ type: "session", run: run.name, command: "evolve" });
    observation.useRun(run);
    announceRun(run, (text) => reporter.say(text));
    const outcome = await runRounds(this.#roundsPlan(run), {
      store,
      stages: evolveStages({
        config,
        plan: this.#plan,
        store,
        reporter,
        interrupts,
        execution,
        observation,
        runNo: run.runNo,
        folders: new RunFolders(resolve(config.db), run.name, this.#base),
        server: resources.use(await openRoundServer(config, { ...common, host: modelHost() })),
        decontaminator: decontaminatorOnce({ suites: config.suites, fields: config.fields }),
      }),
      onStage: (event) =>
        reportStage(event, {
          reporter,
          rounds: this.#plan.sizes.rounds,
          seconds: reporter.seconds,
        }),
      signal: interrupts.stopAdmitting,
    });
    return await this.#outcome(run, outcome);
  }

  #roundsPlan({ runNo }: OpenedRun): RoundsPlan {
    const { bootstrap, fromRound = 1, stopAfter, untilFlat } = this.#config;
    const { base } = this.#parts;
    return {
      runNo,
      schedules: this.#plan.schedules,
      base: {
        location: this.#base,
        sha256: hashOfWeights(base),
        rows: null,
        meta: { identity: base },
      },
      bootstrap: bootstrap === undefined
        ? undefined
        : { location: bootstrap, sha256: null, rows: null, meta: {} },
      evaluation: evaluationSpec(this.#plan),
      fromRound,
      stopAfter,
      untilFlat,
    };
  }

  async #openRun(execution: ExecutionResources): Promise<OpenedRun> {
    const { info } = await execution.sandbox();
    const { run, bootstrap = null, seed } = this.#config;
    return await this.#parts.store.openRun({
      name: run,
      command: "evolve",
      spec: this.#spec,
      upgrade: (stored) => upgradeSpec(ROUNDS_SPEC, stored),
      mode: openMode(this.#config),
      provenance: {
        config: asJson(this.#config),
        codeRev: await codeRevision(),
        sandboxTier: info.tier,
        packages: { deno: Deno.version.deno, python: info.python, ...info.packages },
        models: asJson({ base: this.#parts.base, bootstrap }),
        seed,
      },
    });
  }

  async #outcome({ runNo, name }: OpenedRun, outcome: RoundsOutcome): Promise<EvolveOutcome> {
    const [suite] = this.#plan.suites;
    const { store } = this.#parts;
    const measures = await readMeasures({ store, runNo, suite });
    return {
      run: name,
      db: this.#config.db,
      page: await this.#writeReport(name),
      results: roundResults(measures),
      seconds: (performance.now() - this.#startedMs) / 1000,
      note: noteOf(outcome, this.#config),
      suite,
      isStarter: isStarterSet(this.#config.problems),
    };
  }

  /** Writes the page with the curves beside the files of the run; returns its path. */
  async #writeReport(run: string): Promise<string> {
    const report = await runReport(this.#parts.store, {
      run,
      grader: GRADER_VERSION,
      now: new Date(),
    });
    const page = join(runFolder(this.#config.db, run), "report.html");
    await Deno.mkdir(dirname(page), { recursive: true });
    await Deno.writeTextFile(page, await renderHtml(report));
    return page;
  }
}

/** Identity of the base: equal weights are the same model, wherever they lie. A name that only a hook understands is itself. */
async function baseIdentity(config: EvolveConfig, plan: EvolvePlan): Promise<Json> {
  if (config.hooks.serve !== undefined) {
    const isFolder = await Deno.stat(plan.base).then((info) => info.isDirectory, () => false);
    if (!isFolder) return { model: basename(plan.base) };
  }
  return await checkpointIdentity(plan.base);
}

function noteOf(outcome: RoundsOutcome, config: EvolveConfig): string | null {
  switch (outcome.ended) {
    case "complete":
      return null;
    case "flat":
      return `Stopped after round ${outcome.round}: it gained less than ${config.untilFlat}`;
    case "stopped":
      return `Stopped in round ${outcome.round} after stage "${config.stopAfter}"; without stopAfter, or with a later stage, the same command goes on`;
  }
}
