import { ProviderError } from "../core/mod.ts";
import type { ProbeOptions } from "./probe.ts";
import { ModelsReply, readReply } from "./_replies.ts";
import { readServerLoad } from "./server_load.ts";
import type { Transport } from "./transport.ts";

/** What an endpoint says of the model that will be asked for. */
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
  { model, flag, signal }: ProbeOptions,
): Promise<ServedFindings> {
  const reply = await transport.request("/models", null, { signal }).catch((error: unknown) => {
    if (!(error instanceof ProviderError)) throw error;
    throw fatal(`${error.message}; start the server or check ${flag}`, error);
  });
  const { data } = readReply(ModelsReply, reply, transport.url);
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
      ? `Cannot choose a model of ${transport.url}: it serves ${list}; name one with ${flag}-model`
      : `Cannot use model "${model}" of ${transport.url}: it serves ${list}; check ${flag}-model`,
  );
}

/** Whether the server says how long its own queue is. */
export async function offersLoad(
  transport: Transport,
  { signal }: Pick<ProbeOptions, "signal">,
): Promise<boolean> {
  const text = await unlessRefused(transport.request("../metrics", null, { signal }));
  return typeof text === "string" && readServerLoad(text) !== null;
}

/** The reply; `null` where the server does not offer this. */
export async function unlessRefused<T>(request: Promise<T>): Promise<T | null> {
  try {
    return await request;
  } catch (error) {
    // A page in place of JSON is what some servers answer to a route that they do not know.
    const isRefusal = error instanceof ProviderError &&
      (!error.isRetryable || error.kind === "no JSON" || error.kind === "invalid reply" ||
        (error.status ?? 0) >= 500);
    if (isRefusal) return null;
    throw error;
  }
}

/** A failure that repetition does not mend. */
export function fatal(message: string, cause?: unknown): ProviderError {
  return new ProviderError(message, { status: null, isRetryable: false, cause });
}
