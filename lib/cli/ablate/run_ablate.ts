import { resolve } from "node:path";
import { z } from "zod";
import {
  type Ablation,
  type AblationResult,
  type Laboratory,
  runAblation,
} from "../../ablation/mod.ts";
import { type SpecKind, storedSpec, upgradeSpec } from "../../core/mod.ts";
import type { LoadedSuite } from "../../evaluation/mod.ts";
import { type DuckdbStore, type OpenedRun, openStore } from "../../store/mod.ts";
import { asJson } from "../as_json.ts";
import { decontaminatorOnce } from "../decontaminator.ts";
import { loadSuites } from "../eval/load_suites.ts";
import { openStored } from "../eval/stored.ts";
import { openRoundServer } from "../../models/mod.ts";
import { codeRevision, modelHost } from "../host.ts";
import { finishOnInterrupt } from "../terminal/interrupt.ts";
import { openObservation } from "../observe/observation.ts";
import { TerminalReporter } from "../terminal/terminal_reporter.ts";
import { ExecutionResources } from "../execution_resources.ts";
import type { AblateSettings } from "./ablate_settings.ts";
import { StoreLaboratory } from "./laboratory.ts";
import type { LaboratoryParts } from "./parts.ts";
import { findSourceRound } from "./source_round.ts";
import type { FoundSource } from "./found_source.ts";

/** How a run of `ablate` ended. */
export interface AblateOutcome {
  /** Run that keeps what was made. */
  readonly run: string;
  /** Run and round that it was made from. */
  readonly source: string;
  readonly suite: string;
  readonly result: AblationResult;
  readonly seconds: number;
}

/**
 * Describes what an ablation would do, for people; nothing is started or kept.
 *
 * @throws {UsageError} If there is no such database, run, round or suite.
 */
export async function planAblate(
  config: AblateSettings,
  ablation: Ablation,
): Promise<readonly string[]> {
  await using store = await openStored(config.db);
  const { sizes } = config;
  const { run, source } = await findSourceRound(store, config, sizes.problems);
  const { suite, problems } = await loadMeasured(config, config.suite);
  return [
    `${ablation.question} (${ablation.name}, from round ${source.round} of run "${run.name}" in ${config.db})`,
    ...ablation.arms.map(({ name, meaning }) => `Arm "${name}": ${meaning}`),
    ...ablation.plan({ settings: sizes, source }),
    `Measured on ${problems.length} problems of ${suite.name}`,
    ...await planControl(store, config),
  ];
}

/** The control world beside: a run or a suite that is not there is said before anything is started. */
async function planControl(store: DuckdbStore, config: AblateSettings): Promise<readonly string[]> {
  if (config.control === null) return [];
  const { run, source } = await findControl(store, config, config.control.run);
  const { suite, problems } = await loadMeasured(config, config.control.suite);
  return [
    `The same in the control world: round ${source.round} of run "${run.name}", on ${problems.length} problems of ${suite.name}`,
  ];
}

async function findControl(
  store: DuckdbStore,
  config: AblateSettings,
  run: string,
): Promise<FoundSource> {
  return await findSourceRound(
    store,
    { ...config, run },
    config.sizes.problems,
  );
}

/**
 * Does what is left of an ablation, and says what its arms came to.
 *
 * @throws {Interrupted} After SIGINT or SIGTERM; everything that was finished is stored.
 * @throws {UsageError} If there is no such database, run, round or suite, or the round gives too little to compare.
 * @throws {InfrastructureError} If something cannot be started, or fails.
 */
export async function runAblate(
  config: AblateSettings,
  ablation: Ablation,
): Promise<AblateOutcome> {
  const startedMs = performance.now();
  await using resources = new AsyncDisposableStack();
  const reporter = resources.use(new TerminalReporter(config));
  const interrupts = resources.use(
    finishOnInterrupt((text) => reporter.warn(text), "what is open"),
  );
  await (await openStored(config.db))[Symbol.asyncDispose]();
  const store = resources.use(await openStore(config.db));
  const observation = resources.use(
    await openObservation({
      db: config.db,
      command: "ablate",
      store,
      log: "off",
      reporter,
    }),
  );
  const { sizes } = config;
  const found = await findSourceRound(store, config, sizes.problems);
  const suite = await loadMeasured(config, config.suite);
  const common = {
    onProgress: (message: string) => reporter.say(message),
    signal: interrupts.stopNow,
  };
  const parts = {
    config,
    store,
    reporter,
    observation,
    interrupts,
    settings: sizes,
    execution: resources.use(new ExecutionResources(config, common)),
    server: resources.use(await openRoundServer(config, { ...common, host: modelHost() })),
    decontaminator: decontaminatorOnce({ suites: [config.suite] }),
  };
  const open = async (
    world: Pick<LaboratoryParts, "found" | "suite" | "control">,
  ): Promise<{ readonly run: OpenedRun; readonly laboratory: Laboratory }> => {
    await store.putProblems([...world.suite.problems, ...world.found.problems]);
    const run = await openAblationRun(store, { config, ablation, found: world.found });
    return { run, laboratory: new StoreLaboratory({ ...parts, ...world, run }) };
  };
  const control = config.control === null ? null : await open({
    found: await findControl(store, config, config.control.run),
    suite: await loadMeasured(config, config.control.suite),
    control: null,
  });
  const { run, laboratory } = await open({ found, suite, control: control?.laboratory ?? null });
  observation.useRun(run);
  const result = await runAblation(ablation, {
    laboratory,
    onSeed: (seed) => reporter.say(`Seed ${seed + 1} of ${sizes.seeds}`),
    signal: interrupts.stopAdmitting,
  });
  reporter.finish();
  return {
    run: run.name,
    source: `round ${found.source.round} of run "${found.run.name}"`,
    suite: suite.suite.name,
    result,
    seconds: (performance.now() - startedMs) / 1000,
  };
}

async function loadMeasured(config: AblateSettings, name: string): Promise<LoadedSuite> {
  const limit = config.sizes.evalProblems;
  const { suites: [suite] } = await loadSuites([name], { selectionOf: () => ({ limit }) });
  if (suite === undefined) throw new TypeError("Cannot measure: expected a suite, got none");
  return suite;
}

/** Specifications of ablations as they are stored. */
export const ABLATION_SPEC: SpecKind<{ readonly ablation: string }> = {
  name: "specification of an ablation",
  schema: z.object({ ablation: z.string() }),
  added: [],
};

/** More seeds, problems or samples continue the run: what is made of them is told apart by its inputs. */
async function openAblationRun(
  store: DuckdbStore,
  { config, ablation, found }: {
    readonly config: AblateSettings;
    readonly ablation: Ablation;
    readonly found: FoundSource;
  },
) {
  const { run, source: { round } } = found;
  return await store.openRun({
    name: `${run.name}-r${round}-${ablation.name}`,
    command: "ablate",
    spec: storedSpec(ABLATION_SPEC, {
      ablation: ablation.name,
      source: run.specHash,
      run: run.name,
      round,
    }),
    upgrade: (stored) => upgradeSpec(ABLATION_SPEC, stored),
    mode: "continue",
    provenance: {
      config: asJson({ ...config, db: resolve(config.db) }),
      codeRev: await codeRevision(),
      sandboxTier: null,
      packages: { deno: Deno.version.deno },
      models: null,
      seed: 0,
    },
  });
}
