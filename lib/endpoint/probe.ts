import { ProviderError } from "../core/mod.ts";
import { chatPolicy, completionsPolicy } from "./http_policy.ts";
import { EndpointPool } from "./endpoint_pool.ts";
import { readScores } from "./pooling_ppm.ts";
import { ModelsReply, readReply } from "./_replies.ts";
import type { Transport } from "./transport.ts";

/** What one endpoint was found to be. Kept with the run. */
export interface EndpointFindings {
  readonly url: string;
  /** Model that will be asked for. */
  readonly model: string;
  readonly served: readonly string[];
  /** What a user should know, in plain words; empty when all is well. */
  readonly notices: readonly string[];
}

/** Options of {@linkcode probePolicy} and {@linkcode probePpm}. */
export interface ProbeOptions {
  /** Model that is wanted; the only one that is served where it is absent. */
  readonly model?: string | undefined;
  /** Flag to name in messages, e.g. `--policy`. */
  readonly flag: string;
  readonly signal?: AbortSignal | undefined;
}

const PROBE = { n: 2, temperature: 0, topP: 1, maxTokens: 4, seed: 0 };

/**
 * Asks a policy endpoint what it serves and sends it one small request (endpoints.md, "Other servers").
 *
 * @throws {ProviderError} If it cannot be reached, does not serve the model, or refuses the request; with the cure.
 */
export async function probePolicy(
  transport: Transport,
  options: ProbeOptions & { readonly api: "completions" | "chat" },
): Promise<EndpointFindings> {
  const { model, served } = await servedModel(transport, options);
  const pool = new EndpointPool([transport], { retry: { attempts: 1 } });
  const make = options.api === "chat" ? chatPolicy : completionsPolicy;
  const policy = make({ pool, model, sendsSeed: false, findings: {} });
  const prompt = options.api === "chat" ? [{ role: "user" as const, content: "1" }] : "1";
  const reply = await policy.sample({ ...PROBE, prompt, stop: ["<end_of_step>"] }, options);
  const notices = pool.metrics().requests > 1
    ? [`${transport.url} ignores n: every candidate is a request of its own`]
    : [];
  if (reply.generatedTokens === 0) {
    notices.push(`${transport.url} does not count generated tokens: costs will read 0`);
  }
  return { url: transport.url, model, served, notices };
}

/**
 * Asks a PPM endpoint what it serves and scores one small text.
 *
 * @throws {ProviderError} If it cannot be reached, does not serve the model, or gives no score.
 */
export async function probePpm(
  transport: Transport,
  options: ProbeOptions,
): Promise<EndpointFindings> {
  const { model, served } = await servedModel(transport, options);
  const body = { model, input: ["1"], use_activation: false };
  readScores(await transport.request("../pooling", body, options), transport.url, 1);
  return { url: transport.url, model, served, notices: [] };
}

async function servedModel(
  transport: Transport,
  { model, flag, signal }: ProbeOptions,
): Promise<{ readonly model: string; readonly served: readonly string[] }> {
  const reply = await transport.request("/models", null, { signal }).catch((error: unknown) => {
    if (!(error instanceof ProviderError)) throw error;
    throw fatal(`${error.message}; start the server or check ${flag}`, error);
  });
  const served = readReply(ModelsReply, reply, transport.url).data.map(({ id }) => id);
  const [only] = served;
  if (model === undefined && served.length === 1 && only !== undefined) {
    return { model: only, served };
  }
  if (model !== undefined && served.includes(model)) return { model, served };
  throw fatal(
    model === undefined
      ? `Cannot choose a model of ${transport.url}: it serves ${
        served.join(", ")
      }; name one with ${flag}-model`
      : `Cannot use model "${model}" of ${transport.url}: it serves ${
        served.join(", ")
      }; check ${flag}-model`,
    undefined,
  );
}

function fatal(message: string, cause: unknown): ProviderError {
  return new ProviderError(message, { status: null, isRetryable: false, cause });
}
