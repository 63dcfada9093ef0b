/**
 * Record and replay of endpoint replies. A replayed run is bit-exact and needs no model; a live one is reproducible in
 * distribution only (batched inference is not deterministic).
 *
 * Key: hash of everything in the request that can change the reply, the seed of the draw included, and the sample's index.
 */
import { z } from "zod";
import { hashJson, InfrastructureError, type ReplyStore } from "../core/mod.ts";
import { type Completion, FINISH_REASONS, type Policy, type SampleRequest } from "./policy.ts";
import type { Ppm } from "./ppm.ts";

/** `record`: ask the model for what is not recorded yet, and keep what it said. `replay`: never ask; a reply that is missing is an error. */
export type RecorderMode = "record" | "replay";

/** What both recorders need. */
export interface RecorderOptions {
  readonly store: ReplyStore;
  readonly mode: RecorderMode;
}

/** Costs of a request belong to it as a whole and are kept with its first sample. */
const Cost = z.strictObject({
  promptTokens: z.int(),
  generatedTokens: z.int(),
  seconds: z.number(),
  price: z.number().nullable(),
});

const RecordedCompletion = z.strictObject({
  completion: z.strictObject({
    text: z.string(),
    finishReason: z.enum(FINISH_REASONS),
    stopString: z.string().nullable(),
    tokens: z.int(),
  }),
  cost: Cost.nullable(),
});

const RecordedScore = z.strictObject({ logit: z.number(), promptTokens: z.int() });

/** A policy whose replies are kept, or come from what was kept. */
export function recordedPolicy(policy: Policy, options: RecorderOptions): Policy {
  const { store, mode } = options;
  const identity = policy.description["model"] ?? null;
  const keyOf = ({ n: _, ...request }: SampleRequest) =>
    hashJson({ role: "policy", model: String(identity), ...requestJson(request) });
  return {
    description: policy.description,
    sample: async (request, call) => {
      const requestHash = keyOf(request);
      if (mode === "replay") return await replaySamples(store, requestHash, request);
      // A reply that is recorded already is the reply: a resumed recording must agree with its own replay.
      if (await store.getReply({ requestHash, sample: request.n - 1 }) !== null) {
        return await replaySamples(store, requestHash, request);
      }
      const reply = await policy.sample(request, call);
      const { completions, ...cost } = reply;
      for (const [sample, completion] of completions.entries()) {
        const body = JSON.stringify({ completion, cost: sample === 0 ? cost : null });
        await store.putReply({ requestHash, sample }, body);
      }
      return reply;
    },
  };
}

function requestJson(request: Omit<SampleRequest, "n">) {
  const { prompt, stop, temperature, topP, maxTokens, seed } = request;
  const text = typeof prompt === "string"
    ? prompt
    : prompt.map(({ role, content }) => ({ role, content }));
  return { prompt: text, stop, temperature, topP, maxTokens, seed };
}

async function replaySamples(store: ReplyStore, requestHash: string, request: SampleRequest) {
  const completions: Completion[] = [];
  let cost: z.infer<typeof Cost> | null = null;
  for (let sample = 0; sample < request.n; sample++) {
    const body = await store.getReply({ requestHash, sample });
    if (body === null) {
      throw missing(`sample ${sample} of a policy request with seed ${request.seed}`);
    }
    const recorded = parseRecorded(RecordedCompletion, body);
    completions.push(recorded.completion);
    if (sample === 0) cost = recorded.cost;
  }
  if (cost === null) throw missing("the cost of a policy request");
  return { completions, ...cost };
}

/** A PPM whose scores are kept, or come from what was kept. Scores do not depend on the batch they came in. */
export function recordedPpm(ppm: Ppm, options: RecorderOptions): Ppm {
  const { store, mode } = options;
  const model = String(ppm.description["model"] ?? null);
  const keyOf = (text: string) => ({
    requestHash: hashJson({ role: "ppm", model, text }),
    sample: 0,
  });
  return {
    description: ppm.description,
    calibration: ppm.calibration,
    score: async (texts, call) => {
      if (mode === "replay") {
        const scores = await Promise.all(texts.map(async (text) => {
          const body = await store.getReply(keyOf(text));
          if (body === null) throw missing("a score of the PPM");
          return parseRecorded(RecordedScore, body);
        }));
        const promptTokens = scores.reduce((sum, score) => sum + score.promptTokens, 0);
        return { logits: scores.map((s) => s.logit), promptTokens, seconds: 0, price: null };
      }
      const reply = await ppm.score(texts, call);
      const share = Math.round(reply.promptTokens / Math.max(1, texts.length));
      for (const [i, text] of texts.entries()) {
        const body = JSON.stringify({ logit: reply.logits[i], promptTokens: share });
        await store.putReply(keyOf(text), body);
      }
      return reply;
    },
  };
}

function parseRecorded<S extends z.ZodType>(schema: S, body: string): z.output<S> {
  const result = schema.safeParse(JSON.parse(body));
  if (result.success) return result.data;
  throw new InfrastructureError(
    "endpoint",
    `Cannot replay a recorded reply: ${z.prettifyError(result.error)}; was the file edited?`,
  );
}

function missing(what: string): InfrastructureError {
  return new InfrastructureError(
    "endpoint",
    `Cannot replay ${what}: it was not recorded; replay needs the same problems, settings and models as the recording`,
  );
}
