/** `eval --like`: the conditions of a stored evaluation, for other models. */
import { z } from "zod";
import type { EvalConfig } from "../../config/mod.ts";
import { EVALUATION_MODES, hashJson, readSpec, upgradeSpec, UsageError } from "../../core/mod.ts";
import { EVALUATION_SPEC, type LoadedSuite, type StoredEvaluation } from "../../evaluation/mod.ts";
import { allRows, type DuckdbStore, type EvaluationInfo } from "../../store/mod.ts";
import { findSuites, shippedSuites } from "./load_suites.ts";
import { conditionsOf, makeTask } from "./plan.ts";
import { findEvaluations, openStored } from "./stored.ts";

/** A stored evaluation that another one is to be like. */
export interface EvaluationModel {
  readonly info: EvaluationInfo;
  readonly spec: StoredEvaluation;
  readonly problemIds: readonly string[];
  /** Samples of a problem. */
  readonly samples: number;
}

/**
 * Reads what `--like` names.
 *
 * @throws {UsageError} If it is no evaluation or several, or one that is not complete.
 */
export async function readModel(db: string, name: string): Promise<EvaluationModel> {
  await using store = await openStored(db);
  const found = findEvaluations(await store.evaluations(), name);
  const [info] = found;
  if (info === undefined || found.length > 1) {
    throw new UsageError(
      `Cannot measure like "${name}": it is ${found.length} evaluations (${
        found.map(({ evalId, suite, mode }) => `${evalId}: ${suite}, ${mode}`).join("; ")
      }); give the number of one`,
    );
  }
  if (info.state !== "complete") {
    throw new UsageError(
      `Cannot measure like evaluation ${info.evalId}: it is ${info.state}; finish it first`,
    );
  }
  return {
    info,
    spec: readSpec(EVALUATION_SPEC, info.spec),
    ...await readSize(store, info.evalId),
  };
}

const SizeRow = z.tuple([z.string(), z.int()]);

async function readSize(
  store: DuckdbStore,
  evalId: number,
): Promise<Pick<EvaluationModel, "problemIds" | "samples">> {
  const found = await allRows(store.query(
    `SELECT problem_id, max(sample) + 1 FROM eval_sample JOIN problem USING (problem_no)
     WHERE eval_id = $1 GROUP BY ALL ORDER BY problem_id`,
    { parameters: [evalId] },
  ));
  const rows = found.map((row) => SizeRow.parse(row));
  return {
    problemIds: rows.map(([id]) => id),
    samples: Math.max(...rows.map(([, samples]) => samples)),
  };
}

/**
 * The configuration that measures as the stored evaluation was measured; models and output stay the user's.
 *
 * @throws {UsageError} If its suite is one of the user's own and is not named.
 */
export async function likeConfig(
  config: EvalConfig,
  model: EvaluationModel,
): Promise<EvalConfig> {
  const { info, spec, problemIds, samples } = model;
  const sampled = "search" in spec.mode ? spec.mode.search : spec.mode;
  const { temperature, topP, maxTokens, modelLength } = sampled;
  const suite = await suiteOf(config, info);
  const common = {
    ...config,
    suite: [suite],
    mode: [z.enum(EVALUATION_MODES).parse(info.mode)],
    k: samples,
    ids: [...problemIds],
    seed: spec.seed,
    policyApi: spec.policyApi,
    prompt: spec.prompt,
    noCode: "style" in spec.mode && spec.mode.style === "talk",
    temperature,
    topP,
    maxTokens,
    modelLength,
  };
  if (!("search" in spec.mode)) return common;
  return {
    ...common,
    search: spec.mode.search,
    ...(spec.mode.width === undefined ? {} : { width: spec.mode.width }),
  };
}

/** A suite that ships is known by its name, one of the user's own by its file alone. */
async function suiteOf({ suite, fields }: EvalConfig, info: EvaluationInfo): Promise<string> {
  const shipped = await shippedSuites();
  if (shipped.some((file) => file.suite.name === info.suite)) return info.suite;
  const file = (await findSuites(suite, { fields })).find((one) => one.suite.name === info.suite);
  if (file !== undefined) return file.path;
  throw new UsageError(
    `Cannot measure like evaluation ${info.evalId}: expected its suite "${info.suite}"; name its file with --suite`,
  );
}

/**
 * Checks that a configuration means what the stored evaluation meant; code, presets and data may have changed since.
 *
 * @throws {UsageError} Naming what differs.
 */
export function checkLike(
  config: EvalConfig,
  suites: readonly LoadedSuite[],
  { info }: EvaluationModel,
): void {
  const [loaded] = suites;
  // A suite that was asked for by its name is there, or loading has failed.
  if (loaded === undefined) return;
  const task = makeTask(config, { loaded, name: z.enum(EVALUATION_MODES).parse(info.mode) });
  const { version: _version, ...now } = upgradeSpec(EVALUATION_SPEC, {
    ...conditionsOf(task, config),
    problems: loaded.checksum,
    mode: task.mode.spec,
    seed: config.seed,
  });
  const then = z.record(z.string(), z.json()).parse(upgradeSpec(EVALUATION_SPEC, info.spec));
  const changed = Object.entries(now).filter(([key, value]) =>
    hashJson(value) !== hashJson(then[key] ?? null)
  ).map(([key]) => key);
  if (changed.length === 0) return;
  throw new UsageError(
    `Cannot measure like evaluation ${info.evalId}: this version would measure with other ${
      changed.join(", ")
    }; measure both anew`,
  );
}
