import { basename, resolve } from "node:path";
import { z } from "zod";
import type { EvolveConfig } from "../../config/mod.ts";
import type { Json } from "../../core/mod.ts";
import { roundResults, type RoundsOutcome, runRounds } from "../../rounds/mod.ts";
import { describeChange, type OpenedRun, openStore, type Store } from "../../store/mod.ts";
import { asJson } from "../as_json.ts";
import { codeRevision } from "../host.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { checkpointIdentity } from "../synth/identity.ts";
import { EvolveDisplay } from "./display.ts";
import { evaluationSpec } from "./evaluation_stage.ts";
import { exportSpec } from "./export_stage.ts";
import { readMeasures } from "./measures.ts";
import { openRoundServer } from "./models.ts";
import { type EvolvePlan, evolveSpec } from "./plan.ts";
import { evolveStages, RunFolders, type StageParts } from "./stages.ts";
import type { EvolveOutcome } from "./table.ts";
import { trainingSpec } from "./training_stage.ts";
import { Workplace } from "./workplace.ts";

/**
 * Does what is left of a run of rounds, and says what the rounds came to.
 *
 * @throws {Interrupted} After SIGINT or SIGTERM; everything that was finished is stored.
 * @throws {UsageError} If settings contradict each other or the stored run, or a round made nothing to train on.
 * @throws {InfrastructureError} If something cannot be started, or fails.
 */
export async function runEvolve(config: EvolveConfig, plan: EvolvePlan): Promise<EvolveOutcome> {
  const startedMs = performance.now();
  await using resources = new AsyncDisposableStack();
  const display = resources.use(
    new EvolveDisplay({ rounds: plan.sizes.rounds, quiet: config.quiet }),
  );
  const interrupts = resources.use(listenForInterrupts((count) =>
    display.warn(
      count === 1
        ? "Interrupted: finishing what is open (interrupt again to stop now)"
        : "Stopping now; everything that was finished is stored",
    )
  ));
  const common = {
    onProgress: (text: string) => display.say(text),
    signal: interrupts.stopNow,
  };
  const base = await baseIdentity(config, plan);
  const store = resources.use(await openStore(config.db));
  const run = await openRun(config, plan, { store, base });
  sayRun(run, (text) => display.say(text));
  const parts: StageParts = {
    ...{ config, plan, store, display, interrupts, runNo: run.runNo, run: run.name },
    folders: new RunFolders(resolve(config.db), run.name),
    workplace: resources.use(new Workplace(config, common)),
    server: resources.use(await openRoundServer(config, common)),
  };
  const outcome = await runRounds({
    runNo: run.runNo,
    schedules: plan.schedules,
    base: { location: plan.base, sha256: hashOf(base), rows: null, meta: { identity: base } },
    bootstrap: config.bootstrap === undefined
      ? undefined
      : { location: config.bootstrap, sha256: null, rows: null, meta: {} },
    evaluation: evaluationSpec(plan),
    fromRound: config.fromRound ?? 1,
    stopAfter: config.stopAfter,
    untilFlat: config.untilFlat,
  }, {
    store,
    stages: evolveStages(parts),
    onStage: (event) => display.stage(event),
    signal: interrupts.stopAdmitting,
  });
  return {
    run: run.name,
    db: config.db,
    results: roundResults(await readMeasures({ ...parts, suite: plan.suites[0] })),
    seconds: (performance.now() - startedMs) / 1000,
    note: noteOf(outcome, config),
    suite: plan.suites[0],
    isStarter: /^(starter|control)/.test(config.problems),
  };
}

/** Identity of the base: equal weights are the same model, wherever they lie. A name that only a hook understands is itself. */
async function baseIdentity(config: EvolveConfig, plan: EvolvePlan): Promise<Json> {
  if (config.hooks.serve !== undefined) {
    const isFolder = await Deno.stat(plan.base).then((info) => info.isDirectory, () => false);
    if (!isFolder) return { model: basename(plan.base) };
  }
  return await checkpointIdentity(plan.base);
}

function hashOf(identity: Json): string | null {
  const parsed = z.object({ checkpoint: z.string() }).safeParse(identity);
  return parsed.success ? parsed.data.checkpoint : null;
}

async function openRun(
  config: EvolveConfig,
  plan: EvolvePlan,
  { store, base }: { readonly store: Store; readonly base: Json },
): Promise<OpenedRun> {
  return await store.openRun({
    name: config.run,
    command: "evolve",
    spec: asJson(
      evolveSpec(config, plan, {
        base,
        training: trainingSpec(config),
        exports: exportSpec(config),
      }),
    ),
    mode: config.resume ? "resume" : config.newRun ? "new" : "continue",
    provenance: {
      config: asJson(config),
      codeRev: await codeRevision(),
      sandboxTier: null,
      packages: { deno: Deno.version.deno },
      models: asJson({ base, bootstrap: config.bootstrap ?? null }),
      seed: config.seed,
    },
  });
}

function sayRun(run: OpenedRun, say: (text: string) => void): void {
  if (run.isContinued) say(`Continuing run "${run.name}"`);
  if (run.beside === null) return;
  say(`New run "${run.name}" beside "${run.beside.name}", because these settings differ:`);
  for (const change of run.beside.changes) say(`  ${describeChange(change)}`);
}

function noteOf(outcome: RoundsOutcome, config: EvolveConfig): string | null {
  switch (outcome.ended) {
    case "complete":
      return null;
    case "flat":
      return `Stopped after round ${outcome.round}: it gained less than ${config.untilFlat}`;
    case "stopped":
      return `Stopped in round ${outcome.round} after stage "${config.stopAfter}"; the same command goes on`;
  }
}
