import type { SynthConfig } from "../../config/mod.ts";
import {
  type EndpointFindings,
  openTransport,
  type PolicyFindings,
  probePolicy,
  probePpm,
  type Transport,
} from "../../endpoint/mod.ts";

/** Names under which the embedded engine serves its models. */
export const ENGINE_NAMES = { policy: "policy", ppm: "ppm" } as const;

/** Endpoints of one role that answered. */
export interface ProbedEndpoints<Findings extends EndpointFindings = EndpointFindings> {
  readonly transports: readonly Transport[];
  /** Model that they are asked for. */
  readonly model: string;
  readonly findings: readonly Findings[];
  /** Whether it is the embedded engine. */
  readonly isEngine: boolean;
}

/** Options of {@linkcode probePolicies} and {@linkcode probePpms}. */
export interface ProbeRoleOptions {
  /** Flag that named the policy's endpoints, for messages. @default "--policy" */
  readonly policyFlag?: string;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
  /** Where the embedded engine serves this role; `undefined` where configured endpoints do. */
  readonly engineUrl?: string | undefined;
}

/**
 * Asks the endpoints of the policy what they are.
 *
 * @throws {ProviderError} If one is not there or does not serve the model; with the cure.
 */
export function probePolicies(
  config: SynthConfig,
  options: ProbeRoleOptions,
): Promise<ProbedEndpoints<PolicyFindings>> {
  const { engineUrl } = options;
  const isEngine = engineUrl !== undefined;
  return probeAll({
    ...options,
    isEngine,
    urls: isEngine ? [engineUrl] : config.policy,
    apiKey: Deno.env.get("RSTAR_POLICY_API_KEY") ?? null,
    deadlineMs: config.requestTimeout * 1000,
    probe: (transport) =>
      probePolicy(transport, {
        flag: options.policyFlag ?? "--policy",
        api: config.policyApi,
        model: isEngine ? ENGINE_NAMES.policy : config.policyModel,
        signal: options.signal,
      }),
  });
}

/**
 * Asks the endpoints of the PPM what they are.
 *
 * @throws {ProviderError} If one is not there or does not serve the model; with the cure.
 */
export function probePpms(
  config: SynthConfig,
  options: ProbeRoleOptions,
): Promise<ProbedEndpoints> {
  const { engineUrl } = options;
  const isEngine = engineUrl !== undefined;
  return probeAll({
    ...options,
    isEngine,
    urls: isEngine ? [engineUrl] : config.ppm,
    apiKey: Deno.env.get("RSTAR_PPM_API_KEY") ?? null,
    deadlineMs: config.requestTimeout * 1000,
    probe: (transport) =>
      probePpm(transport, {
        flag: "--ppm",
        model: isEngine ? ENGINE_NAMES.ppm : config.ppmModel,
        signal: options.signal,
      }),
  });
}

async function probeAll<Findings extends EndpointFindings>(
  role: ProbeRoleOptions & {
    readonly isEngine: boolean;
    readonly urls: readonly string[];
    readonly apiKey: string | null;
    readonly deadlineMs: number;
    readonly probe: (transport: Transport) => Promise<Findings>;
  },
): Promise<ProbedEndpoints<Findings>> {
  const { apiKey, deadlineMs } = role;
  const transports = role.urls.map((url) => openTransport(url, { apiKey, deadlineMs }));
  const findings = await Promise.all(transports.map(role.probe));
  for (const { notices } of findings) notices.forEach(role.onProgress);
  return { transports, findings, model: findings[0]?.model ?? "", isEngine: role.isEngine };
}
