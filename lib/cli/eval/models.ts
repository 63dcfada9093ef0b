import { z } from "zod";
import { type EvalConfig, SynthConfig } from "../../config/mod.ts";
import { hashJson, type Json, UsageError } from "../../core/mod.ts";
import {
  type EndpointSettings,
  KEY_VARIABLES,
  openTransport,
  type Policy,
  type Ppm,
  recordedPolicy,
  recordedPpm,
  type RecorderOptions,
} from "../../endpoint/mod.ts";
import { type ServedModels, unaskedModels } from "../served_models.ts";
import { openModels } from "../synth/models.ts";
import { checkpointIdentity } from "../../models/mod.ts";
import type { MeasuredModels, ModelSource } from "./checkpoints.ts";

/** Identity of the models, for specifications: models with equal weights are the same, wherever they lie. */
export interface ServedIdentity {
  readonly policy: Json;
  readonly ppm: Json;
}

/** Options of {@linkcode serveModels}. */
export interface ServeOptions {
  /** Whether a PPM is asked. */
  readonly needsPpm: boolean;
  /** Context length that is going to be used, tokens. */
  readonly modelLength: number;
  /** Where replies are kept or come from; `null` for neither. */
  readonly replies: RecorderOptions | null;
  /** Everything that must be closed afterwards. */
  readonly resources: AsyncDisposableStack;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Identity of a pair of models, as far as it can be told without starting anything; `null` for endpoints, which must be asked.
 *
 * @param ppm Whether the PPM belongs to it.
 */
export async function knownIdentity(
  models: MeasuredModels,
  { config, needsPpm }: { readonly config: EvalConfig; readonly needsPpm: boolean },
): Promise<ServedIdentity | null> {
  const policy = await identityOf(models.policy, config.policyModel);
  const ppm = needsPpm && models.ppm !== null
    ? await identityOf(models.ppm, config.ppmModel)
    : undefined;
  return policy === null || ppm === null ? null : { policy, ppm: ppm ?? null };
}

async function identityOf(source: ModelSource, model: string | undefined): Promise<Json | null> {
  if (source.kind === "folder") return await checkpointIdentity(source.folder);
  return model === undefined ? null : { model };
}

/**
 * Serves models: the embedded engine, endpoints that were asked what they serve, or a recording.
 *
 * @throws {UsageError} If an endpoint serves another model than the round's, its context is too small, or a recording leaves open
 * which model it was made with.
 * @throws {ProviderError} If an endpoint is not there.
 */
export async function serveModels(
  measured: MeasuredModels,
  config: EvalConfig,
  options: ServeOptions,
): Promise<ServedModels & { readonly identity: ServedIdentity }> {
  const { needsPpm, replies } = options;
  if (replies?.mode === "replay") return await replayed(measured, { config, needsPpm, replies });
  const live = await openLive(measured, config, options);
  await checkServed(measured.policy, live.policy.description, {
    role: "policy",
    isNamed: config.policyModel !== undefined,
    modelLength: options.modelLength,
    deadlineMs: config.requestTimeout * 1000,
  });
  if (live.ppm !== null && measured.ppm !== null) {
    await checkServed(measured.ppm, live.ppm.description, {
      role: "ppm",
      isNamed: config.ppmModel !== undefined,
      modelLength: null,
      deadlineMs: config.requestTimeout * 1000,
    });
  }
  const ppm = live.ppm === null ? null : { ...live.ppm, calibration: measured.calibration };
  const opened = { ...live, ppm };
  return replies === null ? opened : withReplies(opened, replies);
}

async function openLive(
  { policy, ppm }: MeasuredModels,
  config: EvalConfig,
  { needsPpm, resources, onProgress, signal }: ServeOptions,
) {
  const wanted = needsPpm ? ppm : null;
  const { concurrency, requestTimeout, torch, prices, policyApi } = config;
  const settings = SynthConfig.parse({
    concurrency,
    requestTimeout,
    torch,
    prices,
    policyApi,
    policy: policy.kind === "urls" ? policy.urls : [],
    ppm: wanted?.kind === "urls" ? wanted.urls : [],
    policyModel: config.policyModel,
    ppmModel: config.ppmModel,
  });
  return await openModels(settings, {
    spec: { guidance: wanted === null ? "terminal" : "ppm", calibration: null },
    policyFolder: policy.kind === "folder" ? policy.folder : null,
    ppmFolder: wanted?.kind === "folder" ? wanted.folder : null,
  }, {
    resources,
    onProgress,
    signal,
    flags: config.policy === undefined ? { policy: "--checkpoint" } : {},
  });
}

async function replayed(
  measured: MeasuredModels,
  { config, needsPpm, replies }: {
    readonly config: EvalConfig;
    readonly needsPpm: boolean;
    readonly replies: RecorderOptions;
  },
): Promise<ServedModels & { readonly identity: ServedIdentity }> {
  const identity = await knownIdentity(measured, { config, needsPpm });
  if (identity === null) {
    throw new UsageError(
      "Cannot replay replies of an endpoint: expected the name of the model that was recorded; name it with --policy-model (and --ppm-model)",
    );
  }
  return withReplies({
    ...unaskedModels(needsPpm ? measured.calibration : null),
    identity,
  }, replies);
}

/** Replies belong to weights, not to the name under which an engine serves them. */
function withReplies<M extends ServedModels & { readonly identity: ServedIdentity }>(
  models: M,
  replies: RecorderOptions,
): M {
  const named = <Model extends Policy | Ppm>(model: Model, identity: Json): Model => ({
    ...model,
    description: { ...model.description, model: hashJson(identity) },
  });
  return {
    ...models,
    policy: recordedPolicy(named(models.policy, models.identity.policy), replies),
    ppm: models.ppm === null ? null : recordedPpm(named(models.ppm, models.identity.ppm), replies),
  };
}

/** Findings of the probe of each endpoint. */
const Findings = z.object({
  endpoints: z.array(z.object({ url: z.string(), model: z.string() })),
});

/** Reply of a server about the models that it serves, as far as it is used. */
const Served = z.object({
  data: z.array(z.object({
    id: z.string(),
    /** vLLM: the folder or hub name that the model was loaded from. */
    root: z.string().nullish(),
    max_model_len: z.int().nullish(),
  })),
});

/** Looks at what the endpoints of a model say of it. */
async function checkServed(
  source: ModelSource,
  description: Readonly<Record<string, unknown>>,
  options: {
    readonly role: EndpointSettings["role"];
    /** Whether the user said which model it is. */
    readonly isNamed: boolean;
    readonly modelLength: number | null;
    readonly deadlineMs: number;
  },
): Promise<void> {
  const { role, isNamed, modelLength, deadlineMs } = options;
  const apiKey = Deno.env.get(KEY_VARIABLES[role]);
  for (const { url, model } of Findings.parse(description).endpoints) {
    const transport = openTransport(url, { apiKey: apiKey ?? null, deadlineMs });
    const { data } = Served.parse(await transport.request("/models", null));
    const served = data.find(({ id }) => id === model);
    const length = served?.max_model_len ?? null;
    if (modelLength !== null && length !== null && length < modelLength) {
      throw new UsageError(
        `Cannot measure with model "${model}" of ${url}: expected a context of ${modelLength} tokens, got ${length}; ` +
          `serve it with --max-model-len ${modelLength}, or give --model-length ${length}`,
      );
    }
    const serves = source.kind === "urls" ? source.serves : null;
    if (serves === null || isNamed || isSame([model, served?.root ?? ""], serves)) continue;
    throw new UsageError(
      `Cannot measure the checkpoint "${serves}" with ${url}: it serves "${model}"; ` +
        `serve the checkpoint, or give --${role}-model "${model}" if it is the same`,
    );
  }
}

/** Whether one of the names ends like a checkpoint's folder: `…/round-3/policy`. */
function isSame(names: readonly string[], folder: string): boolean {
  const tail = (path: string) => path.split("/").filter((part) => part !== "").slice(-2).join("/");
  return names.some((name) => name !== "" && tail(name) === tail(folder));
}
