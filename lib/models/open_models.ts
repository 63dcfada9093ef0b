import type { PolicyApi, ServeSettings } from "../config/mod.ts";
import { DEFAULT_CALIBRATION, type Json, type PpmCalibration } from "../core/mod.ts";
import {
  chatPolicy,
  commonTokenFindings,
  completionsPolicy,
  EndpointPool,
  type PolicyFindings,
  poolingPpm,
  Servers,
} from "../endpoint/mod.ts";
import { type OpenEngines, openEngines } from "./_engines.ts";
import { identityOfSource } from "./identity.ts";
import type { ModelHost } from "./model_host.ts";
import type { ModelPair, ModelSource } from "./model_source.ts";
import {
  type AskedEndpoints,
  type ProbedEndpoints,
  type ProbeOptions,
  probePolicies,
  probePpms,
} from "./probes.ts";
import { recordedModels } from "./recorded_models.ts";
import type { RequestSettings } from "./requests.ts";
import {
  ENGINE_NAMES,
  type OpenReplies,
  type ServedModels,
  unaskedModels,
} from "./served_models.ts";

/** Models to be served, and how they are asked. */
export interface WantedModels extends ModelPair {
  readonly policyApi: PolicyApi;
  /** Scale of the PPM; `null` for the default. */
  readonly calibration: PpmCalibration | null;
}

/** Names and contents of models, for specifications: models with equal weights are the same, wherever they lie. */
export interface ModelIdentity {
  readonly policy: Json;
  readonly ppm: Json;
}

/** The models of a run. */
export interface OpenModels extends ServedModels {
  readonly identity: ModelIdentity;
}

/** Options of {@linkcode openModels}. */
export interface OpenModelsOptions extends Pick<ProbeOptions, "flags" | "onProgress" | "signal"> {
  readonly host: ModelHost;
  /** Everything that must be closed with the run. */
  readonly resources: AsyncDisposableStack;
  /** Where replies are kept, under the names that models are served under, or come from. @default neither */
  readonly replies?: OpenReplies | null;
  /** Models that {@linkcode identifyModels} has found already. */
  readonly identified?: IdentifiedModels;
}

/** Options of {@linkcode identifyModels}: what asking endpoints needs. */
export interface IdentifyOptions extends Omit<ProbeOptions, keyof RequestSettings> {
  /** Whether replies come from a recording, so that no endpoint is asked. */
  readonly isReplayed: boolean;
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
  wanted: WantedModels,
  settings: ServeSettings,
  options: IdentifyOptions,
): Promise<IdentifiedModels> {
  const asks = (source: ModelSource | null) =>
    !options.isReplayed && source?.kind === "urls" && source.model === null ? source : null;
  const probing = { ...options, ...requestsOf(settings) };
  const policyUrls = asks(wanted.policy);
  const ppmUrls = asks(wanted.ppm);
  const policy = policyUrls === null
    ? null
    : await probePolicies(policyUrls, { ...probing, api: wanted.policyApi });
  const ppm = ppmUrls === null ? null : await probePpms(ppmUrls, probing);
  const asked = (role: "policy" | "ppm") => ({ extraBody: settings.requests[role]?.extraBody });
  return {
    identity: {
      policy: await identityOfSource(wanted.policy, { ...asked("policy"), model: policy?.model }),
      ppm: wanted.ppm === null
        ? null
        : await identityOfSource(wanted.ppm, { ...asked("ppm"), model: ppm?.model }),
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
  { policy, ppm, policyApi }: WantedModels,
  settings: ServeSettings,
  options: IdentifyOptions & { readonly identified: IdentifiedModels },
): Promise<IdentifiedModels> {
  const { identified, isReplayed } = options;
  if (isReplayed) return identified;
  const probing = { ...options, ...requestsOf(settings) };
  return {
    ...identified,
    policy: identified.policy ??
      (policy.kind === "urls" ? await probePolicies(policy, { ...probing, api: policyApi }) : null),
    ppm: identified.ppm ?? (ppm?.kind === "urls" ? await probePpms(ppm, probing) : null),
  };
}

/**
 * Opens policy and PPM: the embedded engine, endpoints, or a recording.
 *
 * @throws {ProviderError} If an endpoint is not there or does not serve the model, before anything is searched.
 * @throws {InfrastructureError} If the engine cannot be started.
 */
export async function openModels(
  wanted: WantedModels,
  settings: ServeSettings,
  options: OpenModelsOptions,
): Promise<OpenModels> {
  const { replies = null } = options;
  const isReplayed = replies?.mode === "replay";
  const identified = options.identified ??
    await identifyModels(wanted, settings, { ...options, isReplayed });
  const models = isReplayed
    ? openReplayed(wanted, identified)
    : await openLive(wanted, settings, { ...options, identified });
  return replies === null ? models : await recordedModels(models, { replies });
}

/** Under the names by which the replies were recorded. */
function openReplayed(
  { policy, ppm, calibration }: WantedModels,
  { identity }: IdentifiedModels,
): OpenModels {
  const models = unaskedModels(ppm === null ? null : calibration ?? DEFAULT_CALIBRATION);
  const named = (source: ModelSource | null, engineName: string) => ({
    model: source?.kind === "urls" ? source.model : engineName,
  });
  return {
    ...models,
    policy: { ...models.policy, description: named(policy, ENGINE_NAMES.policy) },
    ppm: models.ppm && { ...models.ppm, description: named(ppm, ENGINE_NAMES.ppm) },
    identity,
  };
}

async function openLive(
  wanted: WantedModels,
  settings: ServeSettings,
  options: OpenModelsOptions & { readonly identified: IdentifiedModels },
): Promise<OpenModels> {
  const { identified } = options;
  const engines = await openEngines(wanted, settings, options);
  const probing = { ...options, ...requestsOf(settings) };
  const policy = identified.policy ??
    await probePolicies(askedOf(wanted.policy, "policy", engines), {
      ...probing,
      api: wanted.policyApi,
    });
  const ppm = wanted.ppm === null
    ? null
    : identified.ppm ?? await probePpms(askedOf(wanted.ppm, "ppm", engines), probing);
  // One registry: roles that share a server share its slots.
  const pools = { resources: options.resources, servers: new Servers() };
  const policyPool = openPool(settings, policy, pools);
  const ppmPool = ppm === null ? null : openPool(settings, ppm, pools);
  const make = wanted.policyApi === "chat" ? chatPolicy : completionsPolicy;
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
      countOneChoice: policy.findings.filter(({ countsOneChoice }) => countsOneChoice)
        .map(({ url }) => url),
      marksPrefix: policy.findings.some(({ continuation }) => continuation === "prefix"),
      tokens: commonTokenFindings(policy.findings),
      findings: { endpoints: policy.findings },
      price: settings.prices.policy ?? null,
    }),
    ppm: ppm === null || ppmPool === null ? null : poolingPpm({
      pool: ppmPool,
      model: ppm.model,
      calibration: wanted.calibration ?? DEFAULT_CALIBRATION,
      findings: { endpoints: ppm.findings },
      price: settings.prices.ppm ?? null,
    }),
    identity: identified.identity,
    policyPool,
    ppmPool,
    died: engines.died,
  };
}

function requestsOf({ requestTimeout, requests }: ServeSettings): RequestSettings {
  return { requestTimeout, requests };
}

/** Endpoints of a model: its own, or those of the engine that serves its folder. */
function askedOf(
  source: ModelSource,
  role: keyof typeof ENGINE_NAMES,
  engines: OpenEngines,
): AskedEndpoints {
  if (source.kind === "urls") return source;
  const url = engines[role]?.url;
  if (url === undefined) throw new TypeError(`Cannot ask the ${role}: no engine serves it`);
  return { urls: [url], model: ENGINE_NAMES[role], isEngine: true };
}

function openPool(
  { concurrency }: ServeSettings,
  { transports, settings }: ProbedEndpoints,
  { resources, servers }: {
    readonly resources: AsyncDisposableStack;
    readonly servers: Servers;
  },
): EndpointPool {
  return resources.use(
    new EndpointPool(transports, { concurrency, servers, settings, asksLoad: true }),
  );
}
