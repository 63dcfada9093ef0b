import type { SynthConfig } from "../../config/mod.ts";
import type { InfrastructureError, Json, ReplyStore } from "../../core/mod.ts";
import {
  chatPolicy,
  completionsPolicy,
  EndpointPool,
  openFileReplyStore,
  openTransport,
  type Policy,
  poolingPpm,
  type Ppm,
  probePolicy,
  probePpm,
  recordedPolicy,
  recordedPpm,
  type RecorderMode,
  scriptedPolicy,
  scriptedPpm,
  type Transport,
} from "../../endpoint/mod.ts";
import { startEmbeddedEngine } from "../../engine/mod.ts";
import { pythonInterpreter } from "../host.ts";
import { checkpointIdentity, type ModelIdentity, type SynthPlan } from "./plan.ts";

/** Names under which the embedded engine serves its models. */
const ENGINE_NAMES = { policy: "policy", ppm: "ppm" } as const;

/** The models of a run. */
export interface OpenModels {
  readonly policy: Policy;
  readonly ppm: Ppm | null;
  readonly identity: ModelIdentity;
  /** Queues to show; `null` when replies come from a recording. */
  readonly policyPool: EndpointPool | null;
  readonly ppmPool: EndpointPool | null;
  /** Settles when the embedded engine dies; never without one. */
  readonly died: Promise<InfrastructureError>;
}

/** Options of {@linkcode openModels}. */
export interface OpenModelsOptions {
  /** Everything that must be closed with the run. */
  readonly resources: AsyncDisposableStack;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
}

const never = new Promise<InfrastructureError>(() => {});

/**
 * Opens policy and PPM: the embedded engine, the configured endpoints, or a recording.
 *
 * @throws {ProviderError} If an endpoint is not there or does not serve the model, before anything is searched.
 */
export async function openModels(
  config: SynthConfig,
  plan: SynthPlan,
  options: OpenModelsOptions,
): Promise<OpenModels> {
  const live = config.replay === undefined
    ? await openLive(config, plan, options)
    : await openReplayed(config, plan);
  const path = config.replay ?? config.record;
  if (path === undefined) return live;
  const mode: RecorderMode = config.replay === undefined ? "record" : "replay";
  const file = await openFileReplyStore(path, { mode: mode === "replay" ? "read" : "append" });
  const store: ReplyStore = options.resources.use(file);
  return {
    ...live,
    policy: recordedPolicy(live.policy, { store, mode }),
    ppm: live.ppm === null ? null : recordedPpm(live.ppm, { store, mode }),
  };
}

/** Stands in for the models of a recording: it is never asked. */
async function openReplayed(config: SynthConfig, plan: SynthPlan): Promise<OpenModels> {
  const policyName = plan.policyFolder === null ? config.policyModel : ENGINE_NAMES.policy;
  const ppmName = plan.ppmFolder === null ? config.ppmModel : ENGINE_NAMES.ppm;
  const hasPpm = plan.spec.guidance === "ppm";
  const ppm = hasPpm ? { ...scriptedPpm(() => 0), description: { model: ppmName ?? null } } : null;
  return {
    policy: { ...scriptedPolicy([]), description: { model: policyName ?? null } },
    ppm,
    identity: {
      policy: await identityOf(plan.policyFolder, policyName),
      ppm: hasPpm ? await identityOf(plan.ppmFolder, ppmName) : null,
    },
    policyPool: null,
    ppmPool: null,
    died: never,
  };
}

function identityOf(folder: string | null, model: string | undefined): Promise<Json> {
  return folder === null ? Promise.resolve({ model: model ?? null }) : checkpointIdentity(folder);
}

async function openLive(
  config: SynthConfig,
  plan: SynthPlan,
  options: OpenModelsOptions,
): Promise<OpenModels> {
  const engine = await openEngine(config, plan, options);
  const policyUrls = engine?.hasPolicy ? [engine.url] : config.policy;
  const ppmUrls = engine?.hasPpm ? [engine.url] : config.ppm;
  const policy = await openPolicy(config, policyUrls, {
    ...options,
    isEngine: engine?.hasPolicy === true,
  });
  const ppm = plan.spec.guidance === "terminal"
    ? null
    : await openPpm(config, ppmUrls, { ...options, isEngine: engine?.hasPpm === true });
  return {
    policy: policy.policy,
    ppm: ppm?.ppm ?? null,
    identity: {
      policy: await identityOf(plan.policyFolder, policy.model),
      ppm: ppm === null ? null : await identityOf(plan.ppmFolder, ppm.model),
    },
    policyPool: policy.pool,
    ppmPool: ppm?.pool ?? null,
    died: engine?.ended ?? never,
  };
}

async function openEngine(
  config: SynthConfig,
  { policyFolder, ppmFolder }: SynthPlan,
  options: OpenModelsOptions,
) {
  if (policyFolder === null && ppmFolder === null) return null;
  const { onProgress, signal } = options;
  const interpreter = await pythonInterpreter("models", { ...options, torch: config.torch });
  const engine = options.resources.use(
    await startEmbeddedEngine({
      interpreter,
      servedNames: ENGINE_NAMES,
      onProgress,
      signal,
      ...(policyFolder === null ? {} : { policy: policyFolder }),
      ...(ppmFolder === null ? {} : { ppm: ppmFolder }),
    }),
  );
  onProgress(`Embedded engine ready on ${engine.device}`);
  const { url, ended } = engine;
  return { url, ended, hasPolicy: policyFolder !== null, hasPpm: ppmFolder !== null };
}

interface RoleOptions extends OpenModelsOptions {
  readonly isEngine: boolean;
}

async function openPolicy(config: SynthConfig, urls: readonly string[], options: RoleOptions) {
  const apiKey = Deno.env.get("RSTAR_POLICY_API_KEY") ?? null;
  const transports = urls.map((url) => openTransport(url, { apiKey }));
  const wanted = options.isEngine ? ENGINE_NAMES.policy : config.policyModel;
  const probe = (transport: Transport) =>
    probePolicy(transport, {
      flag: "--policy",
      api: config.policyApi,
      model: wanted,
      signal: options.signal,
    });
  const findings = await Promise.all(transports.map(probe));
  for (const { notices } of findings) notices.forEach(options.onProgress);
  const model = findings[0]?.model ?? "";
  const pool = openPool(config, transports);
  const make = config.policyApi === "chat" ? chatPolicy : completionsPolicy;
  const policy = make({
    pool,
    model,
    // The embedded engine takes seeds; vLLM's CPU build dies of them (endpoints.md).
    sendsSeed: options.isEngine,
    findings: { endpoints: findings },
    price: config.prices.policy ?? null,
  });
  return { policy, pool, model };
}

async function openPpm(config: SynthConfig, urls: readonly string[], options: RoleOptions) {
  const apiKey = Deno.env.get("RSTAR_PPM_API_KEY") ?? null;
  const transports = urls.map((url) => openTransport(url, { apiKey }));
  const model = options.isEngine ? ENGINE_NAMES.ppm : config.ppmModel;
  const findings = await Promise.all(
    transports.map((t) => probePpm(t, { flag: "--ppm", model, signal: options.signal })),
  );
  const pool = openPool(config, transports);
  const ppm = poolingPpm({
    pool,
    model: findings[0]?.model ?? "",
    calibration: { bias: 0, scale: 1 },
    findings: { endpoints: findings },
    price: config.prices.ppm ?? null,
  });
  return { ppm, pool, model: findings[0]?.model };
}

function openPool(config: SynthConfig, transports: readonly Transport[]): EndpointPool {
  const { concurrency } = config;
  return new EndpointPool(transports, concurrency === "auto" ? {} : { concurrency });
}
