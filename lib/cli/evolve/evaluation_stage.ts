import { DEFAULT_CALIBRATION, type EvaluationModeName, type Json } from "../../core/mod.ts";
import { makeMode, promptOf } from "../../evaluation/mod.ts";
import type { EvaluationStageRequest } from "../../rounds/mod.ts";
import { type MeasuredModels, servedPpm, type ServedRound } from "../../models/mod.ts";
import { loadSuites } from "../eval/load_suites.ts";
import { measureSettings } from "../eval/measure_settings.ts";
import { measureTask } from "../eval/measure_task.ts";
import type { EvalTask } from "../eval/plan.ts";
import type { EvolvePlan } from "./evolve_plan.ts";
import type { StageParts } from "./stage_parts.ts";

/** Specification of what is measured; when it changes, rounds are measured again. */
export function evaluationSpec({ sizes, suites }: EvolvePlan): Json {
  return {
    suites: [...suites],
    problems: sizes.evalProblems,
    search: sizes.evalSearch,
  };
}

/**
 * Measures the checkpoints of a round: the policy alone, and search where there is a PPM. Stored as `eval` stores it, so that either
 * goes on where the other stopped.
 *
 * @throws {Interrupted} After SIGINT, when what was in flight is stored.
 * @throws {InfrastructureError} If more samples than `maxUnfinished` allows could not be made.
 */
export async function evaluateStage(
  request: EvaluationStageRequest,
  parts: StageParts,
): Promise<readonly number[]> {
  const { folders, store, execution, interrupts, reporter } = parts;
  const { round, policy, ppm } = request;
  const served: ServedRound = {
    round,
    policy: folders.place(policy),
    isBootstrap: false,
    ppm: ppm === null ? null : servedPpm(ppm, {
      location: folders.place(ppm),
      warn: (line) => reporter.warn(line),
    }),
  };
  const measured: MeasuredModels = {
    label: round === 0 ? "base" : `round ${round}`,
    runNo: parts.runNo,
    roundNo: round,
    policyArtifact: policy.artifactId,
    ppmArtifact: ppm?.artifactId ?? null,
    policy: { kind: "folder", folder: served.policy },
    ppm: served.ppm === null ? null : { kind: "folder", folder: served.ppm.location },
    calibration: served.ppm?.calibration ?? DEFAULT_CALIBRATION,
  };
  const evaluations: number[] = [];
  for (const task of await tasksOf(served, parts)) {
    const { evalId } = await measureTask(task, {
      store,
      execution,
      interrupts,
      reporter,
      config: measureSettings(),
      models: measured,
      serve: () => parts.server.use(served),
      maxUnfinished: parts.config.maxUnfinished,
    });
    evaluations.push(evalId);
  }
  return evaluations;
}

/** The policy alone on all suites, then search where there is a PPM. */
async function tasksOf(
  { round, ppm }: ServedRound,
  { config, plan }: StageParts,
): Promise<readonly EvalTask[]> {
  const { evalProblems, evalSearch } = plan.sizes;
  const wanted: readonly (readonly [EvaluationModeName, number | null])[] = [
    ["greedy", evalProblems],
    ...(ppm === null ? [] : [["mcts", evalSearch] as const]),
  ];
  // A base that knows no special token is shown by examples what is asked of it.
  const prompt = round === 0 ? plan.schedules[0]?.passes[0]?.spec.prompt : undefined;
  const tasks: EvalTask[] = [];
  for (const [name, limit] of wanted) {
    if (limit === 0) continue;
    const { suites } = await loadSuites(config.suites, {
      selectionOf: () => ({ limit: limit ?? undefined }),
      fields: config.fields,
    });
    for (const loaded of suites) {
      const mode = makeMode(name, loaded.suite, { prompt });
      tasks.push({ loaded, mode, samples: 1, prompt: promptOf(loaded.suite, { prompt }) });
    }
  }
  return tasks;
}
