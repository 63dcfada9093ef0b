import { join } from "node:path";
import { z } from "zod";
import type { SynthConfig } from "../../config/mod.ts";
import { InfrastructureError, type Problem } from "../../core/mod.ts";
import { mathDomain } from "../../domain/mod.ts";
import { openGrader } from "../../grading/mod.ts";
import type { Sandbox } from "../../sandbox/mod.ts";
import { runTrees, SearchCache, searchTree } from "../../search/mod.ts";
import { describeChange, type OpenedRun, openStore, type Store } from "../../store/mod.ts";
import { openGradingSandbox, openSandbox, PROJECT_ROOT } from "../host.ts";
import { Interrupted, listenForInterrupts } from "../interrupt.ts";
import { LiveDisplay, notice } from "../output.ts";
import { type OpenModels, openModels } from "./models.ts";
import { runSpec, type SynthPlan } from "./plan.ts";
import { SynthProgress } from "./progress.ts";
import type { SynthOutcome } from "./summary.ts";

/** Round number of a plain `synth`. */
const ROUND = 0;

/** A tree that the machinery failed so often is given up. */
const MAX_FAILURES = 5;

/** Trees that grow at the same time: enough to fill the batches of an engine and hide the sandbox behind it. */
const OPEN_TREES = { engine: 32, endpoint: 128 } as const;

interface Job {
  readonly problem: Problem;
  readonly seed: number;
}

/**
 * Runs a plan: starts what it needs, grows and stores the trees that are not there yet.
 *
 * @throws {Interrupted} After SIGINT, when everything in flight is stored.
 * @throws {InfrastructureError} If something cannot be started, or trees were left unfinished.
 */
export async function runSynth(config: SynthConfig, plan: SynthPlan): Promise<SynthOutcome> {
  const say = config.quiet ? () => {} : notice;
  using interrupts = listenForInterrupts((count) =>
    notice(
      count === 1
        ? "Interrupted: finishing the open trees (interrupt again to stop now)"
        : "Stopping now; every finished tree is stored",
    )
  );
  await using resources = new AsyncDisposableStack();
  const store = resources.use(await openStore(config.db));
  const signal = interrupts.stopNow;
  const shared = { onProgress: say, unsafeNoSandbox: config.unsafeNoSandbox, signal };
  const sandbox = resources.use(
    await openSandbox({
      ...shared,
      ...(config.workers === "auto" ? {} : { workers: config.workers }),
    }),
  );
  const gradingSandbox = resources.use(await openGradingSandbox(shared));
  const grader = resources.use(openGrader({ sandbox: gradingSandbox }));
  const models = await openModels(config, plan, { resources, onProgress: say, signal });
  const run = await openRun(config, plan, { store, sandbox, models });
  sayRun(run, say);
  const jobs = await pendingJobs(store, run, plan);
  const progress = new SynthProgress({ totalTrees: jobs.length, sandbox, ...models });
  const engineDied = new AbortController();
  void models.died.then((error) => engineDied.abort(error));
  const domain = mathDomain({
    sandbox,
    grader,
    prompt: plan.spec.prompt,
    api: config.policyApi,
  });
  const cache = new SearchCache();
  const admitted = { count: 0 };
  {
    using _display = new LiveDisplay(() => progress.picture(), { quiet: config.quiet });
    await runTrees(admit(jobs, { config, progress, admitted }), {
      openTrees: plan.policyFolder === null ? OPEN_TREES.endpoint : OPEN_TREES.engine,
      grow: ({ problem, seed }, { signal }) => {
        progress.begin();
        return searchTree(problem, {
          spec: plan.spec,
          seed,
          policy: models.policy,
          ppm: models.ppm,
          domain,
          cache,
          onRollout: () => progress.rollout(),
          signal,
        });
      },
      onTree: async (tree) => {
        await store.writeTree({ runNo: run.runNo, roundNo: ROUND }, tree);
        progress.stored(tree);
      },
      onParked: async (error, { problem, seed }) => {
        progress.park(error);
        await store.writeAttempt({
          runNo: run.runNo,
          roundNo: ROUND,
          problemId: problem.id,
          seed,
          boundary: error.boundary,
          error: error.message,
        });
      },
      stopAdmitting: interrupts.stopAdmitting,
      signal: AbortSignal.any([signal, engineDied.signal]),
    });
  }
  const undone = jobs.length - admitted.count + progress.parked;
  progress.failureLines().forEach(notice);
  if (interrupts.stopAdmitting.aborted) {
    notice(`Stopped: ${undone} trees are left; the same command goes on with them`);
    throw new Interrupted("Interrupted");
  }
  if (progress.parked > 0) {
    throw new InfrastructureError(
      "process",
      `${progress.parked} of ${jobs.length} trees could not be finished, for the reasons above; ` +
        "nothing stored is lost, and the same command goes on with them",
    );
  }
  const summary = await store.summary(run.runNo, { roundNo: ROUND });
  return { run: run.name, db: config.db, summary, undone, seconds: progress.seconds };
}

/** Hands jobs out until a budget is used up. */
function* admit(
  jobs: readonly Job[],
  options: {
    readonly config: SynthConfig;
    readonly progress: SynthProgress;
    readonly admitted: { count: number };
  },
): Generator<Job> {
  const { config, progress, admitted } = options;
  for (const job of jobs) {
    if (progress.generatedTokens >= (config.budgetTokens ?? Infinity)) return;
    if (progress.seconds >= (config.budgetTime ?? Infinity)) return;
    admitted.count++;
    yield job;
  }
}

async function openRun(
  config: SynthConfig,
  plan: SynthPlan,
  parts: { readonly store: Store; readonly sandbox: Sandbox; readonly models: OpenModels },
): Promise<OpenedRun> {
  const { store, sandbox, models } = parts;
  const asJson = (value: unknown) => z.json().parse(JSON.parse(JSON.stringify(value)));
  return await store.openRun({
    name: config.run,
    command: "synth",
    spec: runSpec(config, plan, models.identity),
    mode: config.resume ? "resume" : config.newRun ? "new" : "continue",
    provenance: {
      config: asJson(config),
      codeRev: await codeRevision(),
      sandboxTier: sandbox.info.tier,
      packages: { deno: Deno.version.deno, python: sandbox.info.python, ...sandbox.info.packages },
      models: asJson({
        policy: models.policy.description,
        ppm: models.ppm?.description ?? null,
        identity: models.identity,
      }),
      seed: config.seed,
    },
  });
}

function sayRun(run: OpenedRun, say: (text: string) => void): void {
  if (run.isContinued) say(`Continuing run "${run.name}"`);
  if (run.beside !== null) {
    say(`New run "${run.name}" beside "${run.beside.name}", because these settings differ:`);
    for (const change of run.beside.changes) say(`  ${describeChange(change)}`);
  }
}

async function pendingJobs(store: Store, run: OpenedRun, plan: SynthPlan): Promise<readonly Job[]> {
  await store.putProblems(plan.problems);
  const byId = new Map(plan.problems.map((problem) => [problem.id, problem]));
  const pending = await store.pending({
    runNo: run.runNo,
    roundNo: ROUND,
    problemIds: [...byId.keys()],
    seeds: plan.seeds,
    maxFailures: MAX_FAILURES,
  });
  return pending.flatMap(({ problemId, seed }) => {
    const problem = byId.get(problemId);
    return problem === undefined ? [] : [{ problem, seed }];
  });
}

/** Commit of the project's own checkout; `null` for a copy without history. */
async function codeRevision(): Promise<string | null> {
  const read = (path: string) =>
    Deno.readTextFile(join(PROJECT_ROOT, ".git", path)).then((text) => text.trim(), () => null);
  const head = await read("HEAD");
  const reference = /^ref: (.+)$/.exec(head ?? "")?.[1];
  return reference === undefined ? head : await read(reference);
}
