import type { PolicyApi } from "../config/mod.ts";
import {
  adaptingTransport,
  type EndpointFindings,
  type EndpointSettings,
  openTransport,
  type PolicyFindings,
  probePolicy,
  probePpm,
  type Transport,
} from "../endpoint/mod.ts";
import { proxyFor } from "../process/mod.ts";
import type { ModelHost } from "./model_host.ts";
import type { EndpointSource } from "./model_source.ts";
import { type RequestSettings, roleTransport } from "./requests.ts";

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

/** Endpoints to be asked: where they are, and the model that they must serve. */
export interface AskedEndpoints extends Pick<EndpointSource, "urls" | "model"> {
  /** Whether it is the embedded engine. @default false */
  readonly isEngine?: boolean;
}

/** Options of {@linkcode probePolicies} and {@linkcode probePpms}. */
export interface ProbeOptions extends RequestSettings {
  readonly host: Pick<ModelHost, "environment">;
  /** Setting that named the endpoints, for messages. @default --policy and --ppm */
  readonly flags?: Partial<Readonly<Record<"policy" | "ppm", string>>>;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Asks the endpoints of the policy what they are.
 *
 * @throws {ProviderError} If one is not there or does not serve the model; with the cure.
 */
export function probePolicies(
  endpoints: AskedEndpoints,
  options: ProbeOptions & { readonly api: PolicyApi },
): Promise<ProbedEndpoints<PolicyFindings>> {
  const { api, signal } = options;
  const model = endpoints.model ?? undefined;
  return probeAll(endpoints, {
    ...options,
    role: "policy",
    probe: (transport, named) => probePolicy(transport, { ...named, api, model, signal }),
  });
}

/**
 * Asks the endpoints of the PPM what they are.
 *
 * @throws {ProviderError} If one is not there or does not serve the model; with the cure.
 */
export function probePpms(
  endpoints: AskedEndpoints,
  options: ProbeOptions,
): Promise<ProbedEndpoints> {
  const { signal } = options;
  const model = endpoints.model ?? undefined;
  return probeAll(endpoints, {
    ...options,
    role: "ppm",
    probe: (transport, named) => probePpm(transport, { ...named, model, signal }),
  });
}

async function probeAll<Findings extends EndpointFindings>(
  { urls, isEngine = false }: AskedEndpoints,
  options: ProbeOptions & {
    readonly role: EndpointSettings["role"];
    readonly probe: (
      transport: Transport,
      named: Pick<EndpointSettings, "flag" | "keyVariable">,
    ) => Promise<Findings>;
  },
): Promise<ProbedEndpoints<Findings>> {
  const { role, host, flags, onProgress } = options;
  const { keyVariable, ...asking } = roleTransport(role, options, host);
  const transports = urls.map((url) => {
    const proxy = proxyFor(url, host.environment);
    const transport = openTransport(url, {
      // The engine is ours: nothing of what a user's servers want is meant for it.
      ...(isEngine ? { deadlineMs: options.requestTimeout * 1000 } : asking),
      proxy,
      // How long a reply of ours takes depends on the machine; whether it comes is seen.
      watchesProgress: isEngine,
    });
    return role === "policy" && !isEngine ? adaptingTransport(transport, onProgress) : transport;
  });
  const flag = isEngine ? undefined : flags?.[role] ?? `--${role}`;
  const findings = await Promise.all(
    transports.map((one) => options.probe(one, { flag, keyVariable })),
  );
  for (const { notices } of findings) notices.forEach(onProgress);
  return {
    transports,
    findings,
    isEngine,
    settings: { role, flag, keyVariable },
    model: findings[0]?.model ?? "",
  };
}
