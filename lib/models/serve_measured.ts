import { z } from "zod";
import type { PolicyApi, ServeSettings } from "../config/mod.ts";
import { hashJson, UsageError } from "../core/mod.ts";
import { type EndpointSettings, openTransport, type RecorderOptions } from "../endpoint/mod.ts";
import type { MeasuredModels } from "./find_models.ts";
import { identityOfSource } from "./identity.ts";
import type { ModelHost } from "./model_host.ts";
import type { ModelSource } from "./model_source.ts";
import { type ModelIdentity, type OpenModels, openModels } from "./open_models.ts";
import type { ProbeOptions } from "./probes.ts";
import { recordedModels } from "./recorded_models.ts";
import { roleTransport } from "./requests.ts";
import { unaskedModels } from "./served_models.ts";

/** Options of {@linkcode serveModels}. */
export interface ServeModelsOptions extends Pick<ProbeOptions, "flags" | "onProgress" | "signal"> {
  readonly host: ModelHost;
  readonly policyApi: PolicyApi;
  /** Whether a PPM is asked. */
  readonly needsPpm: boolean;
  /** Context length that is going to be used, tokens. */
  readonly modelLength: number;
  /** Where replies are kept or come from; `null` for neither. */
  readonly replies: RecorderOptions | null;
  /** Everything that must be closed afterwards. */
  readonly resources: AsyncDisposableStack;
}

/**
 * Identity of a pair of models, as far as it can be told without starting anything; `null` for endpoints, which must be asked.
 *
 * @param options Whether the PPM belongs to it, and how the models are asked.
 */
export async function knownIdentity(
  { policy, ppm }: MeasuredModels,
  { needsPpm, requests = {} }:
    & Pick<ServeModelsOptions, "needsPpm">
    & Partial<Pick<ServeSettings, "requests">>,
): Promise<ModelIdentity | null> {
  const sources = [policy, needsPpm ? ppm : null];
  if (sources.some((source) => source?.kind === "urls" && source.model === null)) return null;
  return {
    policy: await identityOfSource(policy, requests.policy),
    ppm: needsPpm && ppm !== null ? await identityOfSource(ppm, requests.ppm) : null,
  };
}

/**
 * Serves models that are going to be measured: the embedded engine, endpoints that were asked what they serve, or a recording.
 *
 * @throws {UsageError} If an endpoint serves another model than the round's, its context is too small, or a recording leaves open
 * which model it was made with.
 * @throws {ProviderError} If an endpoint is not there.
 */
export async function serveModels(
  measured: MeasuredModels,
  settings: ServeSettings,
  options: ServeModelsOptions,
): Promise<OpenModels> {
  const { needsPpm, replies, policyApi, host, resources, onProgress, signal, flags } = options;
  if (replies?.mode === "replay") {
    return await replayed(measured, { needsPpm, replies, requests: settings.requests });
  }
  const wanted = { ...measured, policyApi, ppm: needsPpm ? measured.ppm : null };
  const live = await openModels(wanted, settings, {
    host,
    resources,
    onProgress,
    signal,
    ...(flags === undefined ? {} : { flags }),
  });
  const checking = { host, settings };
  await checkServed(wanted.policy, live.policy.description, {
    ...checking,
    role: "policy",
    modelLength: options.modelLength,
  });
  if (live.ppm !== null && wanted.ppm !== null) {
    await checkServed(wanted.ppm, live.ppm.description, {
      ...checking,
      role: "ppm",
      modelLength: null,
    });
  }
  return replies === null ? live : withReplies(live, replies);
}

async function replayed(
  measured: MeasuredModels,
  { replies, ...asked }: Parameters<typeof knownIdentity>[1] & {
    readonly replies: RecorderOptions;
  },
): Promise<OpenModels> {
  const { needsPpm } = asked;
  const identity = await knownIdentity(measured, asked);
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
async function withReplies(
  models: OpenModels,
  replies: RecorderOptions,
): Promise<OpenModels> {
  const { policy, ppm } = models.identity;
  return await recordedModels(models, {
    replies,
    names: { policy: hashJson(policy), ppm: hashJson(ppm) },
  });
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
    readonly host: Pick<ModelHost, "environment">;
    readonly role: EndpointSettings["role"];
    readonly modelLength: number | null;
    readonly settings: ServeSettings;
  },
): Promise<void> {
  const { host, role, modelLength, settings } = options;
  const { keyVariable: _, ...asking } = roleTransport(role, settings, host);
  const { serves, model: asked } = source.kind === "urls" ? source : { serves: null, model: null };
  for (const { url, model } of Findings.parse(description).endpoints) {
    const transport = openTransport(url, asking);
    const { data } = Served.parse(await transport.request("/models", null));
    const served = data.find(({ id }) => id === model);
    const length = served?.max_model_len ?? null;
    if (modelLength !== null && length !== null && length < modelLength) {
      throw new UsageError(
        `Cannot measure with model "${model}" of ${url}: expected a context of ${modelLength} tokens, got ${length}; ` +
          `serve it with --max-model-len ${modelLength}, or give --model-length ${length}`,
      );
    }
    // A user who named the model said which one it is.
    if (serves === null || asked !== null || isSame([model, served?.root ?? ""], serves)) continue;
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
