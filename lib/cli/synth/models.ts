import type { SynthConfig } from "../../config/mod.ts";
import { DEFAULT_CALIBRATION, type Json } from "../../core/mod.ts";
import {
  chatPolicy,
  completionsPolicy,
  EndpointPool,
  type PolicyFindings,
  poolingPpm,
  recordedPolicy,
  recordedPpm,
  Servers,
} from "../../endpoint/mod.ts";
import { type Engine, type EngineOptions, startEmbeddedEngine } from "../../engine/mod.ts";
import type { SearchSpec } from "../../search/mod.ts";
import { pythonInterpreter } from "../host.ts";
import { NEVER_DIES, openReplies, type ServedModels, unaskedModels } from "../served_models.ts";
import { checkpointIdentity } from "../../models/mod.ts";
import type { ModelIdentity, SynthPlan } from "./plan.ts";
import {
  ENGINE_NAMES,
  type ProbedEndpoints,
  probePolicies,
  probePpms,
  type ProbeRoleOptions,
} from "./probes.ts";

/** The models of a run. */
export interface OpenModels extends ServedModels {
  readonly identity: ModelIdentity;
}

/** Part of a plan that says which models are opened. */
export interface ModelsPlan extends Pick<SynthPlan, "policyFolder" | "ppmFolder"> {
  readonly spec: Pick<SearchSpec, "guidance" | "calibration">;
}

/** Options of {@linkcode openModels}. */
export interface OpenModelsOptions extends Pick<ProbeRoleOptions, "flags"> {
  /** Everything that must be closed with the run. */
  readonly resources: AsyncDisposableStack;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
  /** Models that {@linkcode identifyModels} has found already. */
  readonly identified?: IdentifiedModels;
}

/** Models by name and content, before anything is started. */
export interface IdentifiedModels {
  readonly identity: ModelIdentity;
  /** Endpoints that were asked and answered; `null` where that was not needed so far. */
  readonly policy: ProbedEndpoints<PolicyFindings> | null;
  readonly ppm: ProbedEndpoints | null;
}

/**
 * Finds out which models a run uses: local checkpoints by their content, served ones by the name that the user gave, or by asking
 * their endpoints where there is none. Starts nothing.
 *
 * @throws {ProviderError} If an endpoint is not there or does not serve the model.
 * @throws {UsageError} If a checkpoint folder holds none.
 */
export async function identifyModels(
  config: SynthConfig,
  plan: ModelsPlan,
  options: Omit<OpenModelsOptions, "resources">,
): Promise<IdentifiedModels> {
  const { policyFolder, ppmFolder } = plan;
  const hasPpm = plan.spec.guidance === "ppm";
  const isLive = config.replay === undefined;
  const asks = (folder: string | null, name: string | undefined) =>
    isLive && folder === null && name === undefined;
  const policy = asks(policyFolder, config.policyModel)
    ? await probePolicies(config, options)
    : null;
  const ppm = hasPpm && asks(ppmFolder, config.ppmModel) ? await probePpms(config, options) : null;
  return {
    identity: {
      policy: await identityOf(policyFolder, policy?.model ?? config.policyModel),
      ppm: hasPpm ? await identityOf(ppmFolder, ppm?.model ?? config.ppmModel) : null,
    },
    policy,
    ppm,
  };
}

/**
 * Asks the endpoints that were not asked yet: before anything is started, so that the user hears at once of one that is missing.
 *
 * @throws {ProviderError} If an endpoint is not there or does not serve the model.
 */
export async function probeModels(
  config: SynthConfig,
  plan: ModelsPlan,
  options: Omit<OpenModelsOptions, "resources" | "identified"> & {
    readonly identified: IdentifiedModels;
  },
): Promise<IdentifiedModels> {
  const { identified } = options;
  if (config.replay !== undefined) return identified;
  const { policyFolder, ppmFolder, spec } = plan;
  return {
    ...identified,
    policy: identified.policy ??
      (policyFolder === null ? await probePolicies(config, options) : null),
    ppm: identified.ppm ??
      (spec.guidance === "ppm" && ppmFolder === null ? await probePpms(config, options) : null),
  };
}

function identityOf(folder: string | null, model: string | undefined): Promise<Json> {
  return folder === null ? Promise.resolve({ model: model ?? null }) : checkpointIdentity(folder);
}

/**
 * Opens policy and PPM: the embedded engine, the configured endpoints, or a recording.
 *
 * @throws {ProviderError} If an endpoint is not there or does not serve the model, before anything is searched.
 */
export async function openModels(
  config: SynthConfig,
  plan: ModelsPlan,
  options: OpenModelsOptions,
): Promise<OpenModels> {
  const identified = options.identified ?? await identifyModels(config, plan, options);
  // Before anything is started: whether the file can be used is known at once.
  const replies = await openReplies(config);
  if (replies !== null) options.resources.use(replies.store);
  const live = config.replay === undefined
    ? await openLive(config, plan, { ...options, identified })
    : openReplayed(config, plan, identified);
  if (replies === null) return live;
  return {
    ...live,
    policy: recordedPolicy(live.policy, replies),
    ppm: live.ppm === null ? null : recordedPpm(live.ppm, replies),
  };
}

/** Under the names by which the replies were recorded. */
function openReplayed(
  config: SynthConfig,
  plan: ModelsPlan,
  { identity }: IdentifiedModels,
): OpenModels {
  const policyName = plan.policyFolder === null ? config.policyModel : ENGINE_NAMES.policy;
  const ppmName = plan.ppmFolder === null ? config.ppmModel : ENGINE_NAMES.ppm;
  const { guidance, calibration } = plan.spec;
  const models = unaskedModels(guidance === "terminal" ? null : calibration ?? DEFAULT_CALIBRATION);
  return {
    ...models,
    policy: { ...models.policy, description: { model: policyName ?? null } },
    ppm: models.ppm && { ...models.ppm, description: { model: ppmName ?? null } },
    identity,
  };
}

async function openLive(
  config: SynthConfig,
  plan: ModelsPlan,
  options: OpenModelsOptions & { readonly identified: IdentifiedModels },
): Promise<OpenModels> {
  const { identified } = options;
  const engines = await openEngines(config, plan, options);
  const policy = identified.policy ??
    await probePolicies(config, { ...options, engineUrl: engines.policy?.url });
  const ppm = plan.spec.guidance === "terminal"
    ? null
    : identified.ppm ?? await probePpms(config, { ...options, engineUrl: engines.ppm?.url });
  // One registry: roles that share a server share its slots.
  const pools = { resources: options.resources, servers: new Servers() };
  const policyPool = openPool(config, policy, pools);
  const ppmPool = ppm === null ? null : openPool(config, ppm, pools);
  const make = config.policyApi === "chat" ? chatPolicy : completionsPolicy;
  return {
    policy: make({
      pool: policyPool,
      model: policy.model,
      // The embedded engine takes seeds; vLLM's CPU build dies of them (docs/endpoints.md, "What is sent").
      sendsSeed: policy.isEngine,
      // An engine of ours that is given by its address refuses them as well.
      neutralises: policy.findings.every(({ takesSeed }) => takesSeed !== true),
      honoursN: policy.findings.every(({ honoursN }) => honoursN),
      stopHandling: Object.fromEntries(
        policy.findings.map(({ url, stopStrings }) => [url, stopStrings]),
      ),
      echoes: policy.findings.filter(({ continuation }) => continuation === "echoed")
        .map(({ url }) => url),
      marksPrefix: policy.findings.some(({ continuation }) => continuation === "prefix"),
      findings: { endpoints: policy.findings },
      price: config.prices.policy ?? null,
    }),
    ppm: ppm === null || ppmPool === null ? null : poolingPpm({
      pool: ppmPool,
      model: ppm.model,
      calibration: plan.spec.calibration ?? DEFAULT_CALIBRATION,
      findings: { endpoints: ppm.findings },
      price: config.prices.ppm ?? null,
    }),
    identity: identified.identity,
    policyPool,
    ppmPool,
    died: Promise.race([engines.policy, engines.ppm].map((engine) => engine?.ended ?? NEVER_DIES)),
  };
}

/** An engine for each model that is a checkpoint: they compute at the same time, each on a core of its own. */
async function openEngines(
  config: SynthConfig,
  { policyFolder, ppmFolder }: ModelsPlan,
  options: OpenModelsOptions,
): Promise<{ readonly policy: Engine | null; readonly ppm: Engine | null }> {
  if (policyFolder === null && ppmFolder === null) return { policy: null, ppm: null };
  const { onProgress, signal, resources } = options;
  const interpreter = await pythonInterpreter("models", { ...options, torch: config.torch });
  const start = async (models: Pick<EngineOptions, "policy" | "ppm">) =>
    resources.use(
      await startEmbeddedEngine({
        interpreter,
        servedNames: ENGINE_NAMES,
        onProgress,
        signal,
        ...models,
      }),
    );
  // Whatever fails, one that started nevertheless is closed with the run.
  const started = await Promise.allSettled([
    policyFolder === null ? null : start({ policy: policyFolder }),
    ppmFolder === null ? null : start({ ppm: ppmFolder }),
  ]);
  const [policy, ppm] = started.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
  onProgress(`Embedded engine ready on ${(policy ?? ppm)?.device}`);
  return { policy: policy ?? null, ppm: ppm ?? null };
}

function openPool(
  config: SynthConfig,
  { transports, settings }: ProbedEndpoints,
  options: { readonly resources: AsyncDisposableStack; readonly servers: Servers },
): EndpointPool {
  const { concurrency } = config;
  const { resources, servers } = options;
  return resources.use(
    new EndpointPool(transports, { concurrency, servers, settings, asksLoad: true }),
  );
}
