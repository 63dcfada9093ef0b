import { ProviderError } from "../core/mod.ts";
import type { ProbeOptions } from "./probe.ts";
import { type EndpointSettings, modelSetting, withCure } from "./cure.ts";
import { ModelsReply, readReply } from "./_replies.ts";
import { withRetries } from "./retry.ts";
import { readServerLoad } from "./server_load.ts";
import type { Transport } from "./transport.ts";

/** Findings about the model that will be asked for, as the endpoint reports them. */
export interface ServedFindings {
  readonly model: string;
  readonly served: readonly string[];
  readonly maxModelLength: number | null;
  /** `vllm`, `rstar` for the embedded engine, …; `null` where the server does not say. */
  readonly ownedBy: string | null;
}

/**
 * Asks for the served models and chooses one.
 *
 * @throws {ProviderError} If nobody answers, or the model is not served, or it is not clear which one is meant; with the cure.
 */
export async function servedModel(
  transport: Transport,
  options: ProbeOptions & { readonly settings: EndpointSettings },
): Promise<ServedFindings> {
  const { model, signal, settings } = options;
  const { data } = await patiently(async () => {
    const reply = await transport.request("/models", null, { signal }).catch(unlessNobodyListens);
    return readReply(ModelsReply, reply, transport.url);
  }, options);
  const served = data.map(({ id }) => id);
  const chosen = model === undefined
    ? data.length === 1 ? data[0] : undefined
    : data.find(({ id }) => id === model);
  if (chosen !== undefined) {
    const { id, max_model_len, owned_by } = chosen;
    return { model: id, served, maxModelLength: max_model_len ?? null, ownedBy: owned_by ?? null };
  }
  const list = served.join(", ");
  throw fatal(
    model === undefined
      ? `Cannot choose a model of ${transport.url}: it serves ${list}; name one with ${
        modelSetting(settings)
      }`
      : `Cannot use model "${model}" of ${transport.url}: it serves ${list}; check ${
        modelSetting(settings)
      }`,
  );
}

/**
 * Probes an endpoint; whatever keeps a probe from its end is told with its cure.
 *
 * @throws {ProviderError} If the probe failed; it is not to be repeated.
 */
export async function probing<T>(
  settings: EndpointSettings,
  probe: () => Promise<T>,
): Promise<T> {
  try {
    return await probe();
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    throw withCure(error, settings).changed({ isRetryable: false });
  }
}

/** Kinds of failures that a user mends, not time: whoever forgot to start the server, or mistyped its name, hears of it at once. */
const TOLD_AT_ONCE: ReadonlySet<string> = new Set(["connection refused", "host not found"]);

function unlessNobodyListens(error: unknown): never {
  if (!(error instanceof ProviderError) || !TOLD_AT_ONCE.has(error.kind)) throw error;
  throw error.changed({ isRetryable: false });
}

/** A run that is resumed by itself on a bad day is not to end because a server was busy, or lost one small request, for a moment. */
export function patiently<T>(
  operation: () => Promise<T>,
  { retry, signal }: Pick<ProbeOptions, "retry" | "signal">,
): Promise<T> {
  const patience = { attempts: 5, maxTotalMs: 60_000, lateReplies: 1 };
  return withRetries(operation, { ...patience, ...retry, signal });
}

/** Whether the server says how long its own queue is. */
export async function offersLoad(
  transport: Transport,
  options: Pick<ProbeOptions, "retry" | "signal">,
): Promise<boolean> {
  const { signal } = options;
  const ask = () => transport.request("../metrics", null, { signal });
  const text = await unlessRefused(ask, options);
  return typeof text === "string" && readServerLoad(text) !== null;
}

/** The reply; `null` where the server does not offer this. */
export function unlessRefused<T>(
  ask: () => Promise<T>,
  options: Pick<ProbeOptions, "retry" | "signal">,
): Promise<T | null> {
  return patiently(async () => {
    try {
      return await ask();
    } catch (error) {
      // A page in place of JSON is what some servers answer to a route that they do not know.
      const isRefusal = error instanceof ProviderError &&
        (!error.isRetryable || error.kind === "no JSON" || error.kind === "invalid reply" ||
          (error.status ?? 0) >= 500);
      if (isRefusal) return null;
      throw error;
    }
  }, options);
}

/** A failure that repetition does not mend. */
export function fatal(message: string, cause?: unknown): ProviderError {
  return new ProviderError(message, { status: null, isRetryable: false, cause });
}
