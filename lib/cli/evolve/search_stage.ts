import { Interrupted } from "../../core/mod.ts";
import type { SearchRequest, SearchResult } from "../../rounds/mod.ts";
import { type InterruptSignals } from "../terminal/interrupt.ts";
import type { Observation } from "../observe/observation.ts";
import { growRound } from "../synth/grow.ts";
import { pendingJobs } from "../synth/jobs.ts";
import type { ExecutionResources } from "../execution_resources.ts";
import { requireFinished } from "../unfinished.ts";
import { requireRead } from "../unread.ts";
import { type RoundServer, servedPpm } from "../../models/mod.ts";
import type { EvolvePlan } from "./evolve_plan.ts";
import { quarantinedProblems } from "./quarantine.ts";
import type { StageParts } from "./stage_parts.ts";

/** Parts of a run that a search works with. */
export interface SearchParts
  extends Pick<StageParts, "config" | "store" | "runNo" | "folders" | "reporter"> {
  readonly plan: Pick<EvolvePlan, "problems">;
  readonly server: Pick<RoundServer, "use">;
  readonly execution: Pick<ExecutionResources, "sandbox" | "grader">;
  readonly observation: Pick<Observation, "watch" | "tracing">;
  readonly interrupts: Omit<InterruptSignals, typeof Symbol.dispose>;
}

/**
 * Grows the trees of a pass that are not stored yet. Where none is missing nothing is started.
 *
 * @throws {Interrupted} After SIGINT, when the open trees are stored.
 * @throws {UnreadableModelError} If nothing of the round is solved, because no candidate could be read.
 * @throws {InfrastructureError} If more trees than `maxUnfinished` allows could not be finished.
 */
export async function searchStage(
  { round, schedule, pass, problemIds, models }: SearchRequest,
  parts: SearchParts,
): Promise<SearchResult> {
  const { store, plan, config, runNo, reporter, interrupts, execution, server, observation } =
    parts;
  const suspects = await quarantinedProblems(store, config, { runNo, untilRound: round - 1 });
  const problems = problemIds.filter((id) => !suspects.has(id))
    .flatMap((id) => plan.problems.get(id) ?? []);
  const wanted = { runNo, roundNo: round, problems, seeds: pass.seeds };
  const left = await pendingJobs(store, wanted);
  if (left.count === 0) {
    requireRead(await store.summary(runNo, { roundNo: round }));
    return { undone: left.givenUp };
  }
  const budget = await tokensLeft(parts, round);
  if (budget !== null && budget <= 0) return { undone: left.count + left.givenUp };
  const isBootstrap = models.policy.role === "bootstrap";
  const served = await server.use({
    round: round - 1,
    policy: parts.folders.place(models.policy),
    isBootstrap,
    ppm: models.ppm === null ? null : servedPpm(models.ppm, {
      location: parts.folders.place(models.ppm),
      warn: (line) => reporter.warn(line),
    }),
  });
  const outcome = await growRound({
    ...wanted,
    left,
    spec: pass.spec,
    policyApi: isBootstrap ? config.policyApi : "completions",
  }, {
    store,
    models: served,
    sandbox: await execution.sandbox(),
    grader: await execution.grader(),
    ...(budget === null ? {} : { budget: { run: { tokens: budget }, problem: {} } }),
    reporter,
    onStart: (progress) => observation.watch(progress),
    tracing: observation.tracing,
    stopAdmitting: interrupts.stopAdmitting,
    signal: interrupts.stopNow,
  });
  outcome.failures.forEach((line) => reporter.warn(line));
  if (interrupts.stopAdmitting.aborted) throw new Interrupted("Interrupted");
  requireFinished(outcome.parked, {
    what: `trees of ${schedule.preset}`,
    reporter,
    maxUnfinished: config.maxUnfinished,
    total: problems.length * pass.seeds.length,
  });
  requireRead(await store.summary(runNo, { roundNo: round }));
  return { undone: outcome.undone };
}

/** Tokens that the round may still generate; `null` without a limit. */
async function tokensLeft(
  { config, store, runNo }: SearchParts,
  round: number,
): Promise<number | null> {
  if (config.roundBudgetTokens === undefined) return null;
  const { generatedTokens } = await store.summary(runNo, { roundNo: round });
  return config.roundBudgetTokens - generatedTokens;
}
