import type { SynthConfig } from "../../config/mod.ts";
import {
  adaptingTransport,
  type EndpointFindings,
  type EndpointSettings,
  KEY_VARIABLES,
  openTransport,
  type PolicyFindings,
  probePolicy,
  probePpm,
  type Transport,
} from "../../endpoint/mod.ts";
import { proxyFor } from "../../process/mod.ts";

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
  /** Names of their settings, for messages. */
  readonly settings: EndpointSettings;
}

/** Options of {@linkcode probePolicies} and {@linkcode probePpms}. */
export interface ProbeRoleOptions {
  /** Setting that named the endpoints, for messages. @default --policy and --ppm */
  readonly flags?: Partial<Readonly<Record<"policy" | "ppm", string>>>;
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
    role: "policy",
    deadlineMs: config.requestTimeout * 1000,
    probe: (transport, flag) =>
      probePolicy(transport, {
        flag,
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
    role: "ppm",
    deadlineMs: config.requestTimeout * 1000,
    probe: (transport, flag) =>
      probePpm(transport, {
        flag,
        model: isEngine ? ENGINE_NAMES.ppm : config.ppmModel,
        signal: options.signal,
      }),
  });
}

async function probeAll<Findings extends EndpointFindings>(
  options: ProbeRoleOptions & {
    readonly isEngine: boolean;
    readonly urls: readonly string[];
    readonly role: EndpointSettings["role"];
    readonly deadlineMs: number;
    readonly probe: (transport: Transport, flag: string | undefined) => Promise<Findings>;
  },
): Promise<ProbedEndpoints<Findings>> {
  const { role, deadlineMs, isEngine, urls, flags, onProgress } = options;
  const environment = Deno.env.toObject();
  const apiKey = environment[KEY_VARIABLES[role]] ?? null;
  const transports = urls.map((url) => {
    const proxy = proxyFor(url, environment);
    // How long a reply of ours takes depends on the machine; whether it comes is seen.
    const transport = openTransport(url, { apiKey, deadlineMs, proxy, watchesProgress: isEngine });
    return role === "policy" && !isEngine ? adaptingTransport(transport, onProgress) : transport;
  });
  const flag = isEngine ? undefined : flags?.[role] ?? `--${role}`;
  const findings = await Promise.all(transports.map((one) => options.probe(one, flag)));
  for (const { notices } of findings) notices.forEach(onProgress);
  return {
    transports,
    findings,
    isEngine,
    settings: { role, flag },
    model: findings[0]?.model ?? "",
  };
}
