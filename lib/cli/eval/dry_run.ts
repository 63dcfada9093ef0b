import type { EvalConfig } from "../../config/mod.ts";
import type { LoadedSuite } from "../../evaluation/mod.ts";
import { memoryStore, openStore } from "../../store/mod.ts";
import { findModels, type MeasuredModels, placeOf } from "../../models/mod.ts";
import { type EvalTask, planTasks } from "./plan.ts";

/** Lines that say what would be done: models, samples, requests. Nothing is started, nothing is written. */
export async function dryRunLines(
  config: EvalConfig,
  suites: readonly LoadedSuite[],
): Promise<readonly string[]> {
  const models = await plannedModels(config);
  const plans = models.map((one) => ({ models: one, tasks: planTasks(config, suites, one) }));
  if (config.json) {
    return [JSON.stringify({
      models: plans.map(({ models: one, tasks }) => ({
        model: one.label,
        policy: placeOf(one.policy),
        ppm: one.ppm === null ? null : placeOf(one.ppm),
        tasks: tasks.map(taskJson),
      })),
    })];
  }
  return plans.flatMap(({ models: one, tasks }) => [
    `${one.label}: policy ${placeOf(one.policy)}${
      one.ppm === null ? "" : `, PPM ${placeOf(one.ppm)}`
    }`,
    ...tasks.map((task) => {
      const { suite, mode, problems, samples, policy_requests } = taskJson(task);
      return `  ${suite}, ${mode}: ${problems} problems x ${samples} samples, ` +
        (policy_requests === null
          ? "as many requests as search makes expansions"
          : `at most ${policy_requests} policy requests`);
    }),
  ]);
}

/** A database that does not exist is not made for a plan. */
async function plannedModels(config: EvalConfig): Promise<readonly MeasuredModels[]> {
  const exists = await Deno.stat(config.db).then(() => true, () => false);
  if (exists) {
    await using store = await openStore(config.db);
    return await findModels(config, store);
  }
  await using nothing = memoryStore();
  return await findModels(config, nothing);
}

function taskJson({ loaded, mode, samples }: EvalTask) {
  const problems = loaded.problems.length;
  const isSearch = mode.name === "mcts" || mode.name === "beam";
  return {
    suite: loaded.suite.name,
    mode: mode.name,
    problems,
    samples,
    // The program, and the answer behind its output.
    policy_requests: isSearch ? null : 2 * problems * samples,
  };
}
