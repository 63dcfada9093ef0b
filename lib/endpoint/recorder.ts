/**
 * Record and replay of endpoint replies. A replayed run is bit-exact and needs no model; a live one is reproducible in
 * distribution only (batched inference is not deterministic).
 *
 * Key: hash of everything in the request that can change the reply, the seed of the draw included, and the sample's index.
 *
 * Invariant: what a recording run is answered is what stands in the record when it is answered, costs included. The first reply
 * under a key stays, so a resumed recording, or two draws of the same text at once, agree with their own replay.
 */
import { z } from "zod";
import { hashJson, InfrastructureError, type ReplyKey, type ReplyStore } from "../core/mod.ts";
import { apportion } from "./_completion.ts";
import { FINISH_REASONS, type Policy, type SampleReply, type SampleRequest } from "./policy.ts";
import type { Ppm, ScoreReply } from "./ppm.ts";
import type { TokenAbility } from "./token.ts";

/** `record`: ask the model for what is not recorded yet, and keep what it said. `replay`: never ask; a reply that is missing is an error. */
export type RecorderMode = "record" | "replay";

/** Options that both recorders need. */
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
  contextTokens: z.int().exactOptional(),
  cutShort: z.int().exactOptional(),
  tokensAreEstimated: z.boolean().exactOptional(),
});

const RecordedToken = z.strictObject({
  id: z.int().nullable(),
  text: z.string(),
  bytes: z.array(z.int()).nullable(),
  logprob: z.number(),
  isEnd: z.boolean().exactOptional(),
});

const RecordedCompletion = z.strictObject({
  completion: z.strictObject({
    text: z.string(),
    finishReason: z.enum(FINISH_REASONS),
    stopString: z.string().nullable(),
    tokens: z.int(),
    serverReason: z.string().exactOptional(),
    generated: z.array(RecordedToken.extend({ alternatives: z.array(RecordedToken) }))
      .exactOptional(),
  }),
  cost: Cost.nullable(),
});

/** A text's part of what its batch cost; the parts of a batch add up to it. */
const RecordedScore = z.strictObject({
  logit: z.number(),
  promptTokens: z.int(),
  seconds: z.number().default(0),
  price: z.number().nullable().default(null),
  tokensAreEstimated: z.boolean().exactOptional(),
});

/** A policy whose replies are kept, or come from what was kept. */
export function recordedPolicy(policy: Policy, options: RecorderOptions): Policy {
  const { store, mode } = options;
  const identity = policy.description["model"] ?? null;
  const keyOf = ({ n: _, ...request }: SampleRequest) =>
    hashJson({ role: "policy", model: String(identity), ...requestJson(request) });
  return {
    description: policy.description,
    tokens: policy.tokens ?? null,
    sample: async (request, call) => {
      const requestHash = keyOf(request);
      const isThere = await store.getReply({ requestHash, sample: request.n - 1 }) !== null;
      if (mode === "record" && !isThere) {
        const { completions, ...cost } = await policy.sample(request, call);
        for (const [sample, completion] of completions.entries()) {
          const body = JSON.stringify({ completion, cost: sample === 0 ? cost : null });
          await store.putReply({ requestHash, sample }, body);
        }
      }
      return await readSamples(store, requestHash, request);
    },
  };
}

const RecordedAbility = z.strictObject({
  maxAlternatives: z.int().min(1),
  continuation: z.enum(["ids", "text"]),
}).nullable();

/**
 * Ability of a policy to show single tokens, as it was when its replies were recorded: a replay must ask as the recording did. The first
 * that was recorded stays; `null` of recordings that hold none.
 */
export async function recordedAbility(
  policy: Pick<Policy, "description" | "tokens">,
  { store, mode }: RecorderOptions,
): Promise<TokenAbility | null> {
  const model = String(policy.description["model"] ?? null);
  const key = { requestHash: hashJson({ role: "policy", model, ability: "tokens" }), sample: 0 };
  if (mode === "record") await store.putReply(key, JSON.stringify(policy.tokens ?? null));
  const body = await store.getReply(key);
  return body === null ? null : parseRecorded(RecordedAbility, body);
}

function requestJson(request: Omit<SampleRequest, "n">) {
  const { prompt, stop, temperature, topP, maxTokens, seed } = request;
  const text = typeof prompt === "string"
    ? prompt
    : prompt.map(({ role, content }) => ({ role, content }));
  const { logprobs, continuation } = request;
  return {
    prompt: text,
    stop,
    temperature,
    topP,
    maxTokens,
    seed,
    // Absent where not asked for: the key of every reply that was recorded before they were there.
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(continuation === undefined
      ? {}
      : { continuation: continuation.map(({ id, text }) => ({ id, text })) }),
  };
}

async function readSamples(
  store: ReplyStore,
  requestHash: string,
  request: SampleRequest,
): Promise<SampleReply> {
  const samples: z.infer<typeof RecordedCompletion>[] = [];
  for (let sample = 0; sample < request.n; sample++) {
    const body = await store.getReply({ requestHash, sample });
    if (body === null) {
      throw missing(`sample ${sample} of a policy request with seed ${request.seed}`);
    }
    samples.push(parseRecorded(RecordedCompletion, body));
  }
  const cost = samples[0]?.cost ?? null;
  if (cost === null) throw missing("the cost of a policy request");
  return { completions: samples.map(({ completion }) => completion), ...cost };
}

/** A PPM whose scores are kept, or come from what was kept. Scores do not depend on the batch they came in. */
export function recordedPpm(ppm: Ppm, options: RecorderOptions): Ppm {
  const { store, mode } = options;
  const model = String(ppm.description["model"] ?? null);
  const keyOf = (text: string): ReplyKey => ({
    requestHash: hashJson({ role: "ppm", model, text }),
    sample: 0,
  });
  return {
    description: ppm.description,
    calibration: ppm.calibration,
    score: async (texts, call) => {
      if (mode === "record") {
        const isThere = await Promise.all(texts.map((text) => store.getReply(keyOf(text))));
        const asked = [...new Set(texts.filter((_, i) => isThere[i] === null))];
        if (asked.length > 0) await putScores(asked, await ppm.score(asked, call));
      }
      return addScores(
        await Promise.all(texts.map(async (text) => {
          const body = await store.getReply(keyOf(text));
          if (body === null) throw missing("a score of the PPM");
          return parseRecorded(RecordedScore, body);
        })),
      );
    },
  };

  async function putScores(texts: readonly string[], reply: ScoreReply): Promise<void> {
    const { logits, promptTokens, seconds, price, ...more } = reply;
    const tokens = apportion(texts.map((text) => text.length + 1), promptTokens);
    for (const [i, text] of texts.entries()) {
      const body = JSON.stringify({
        logit: logits[i],
        promptTokens: tokens[i],
        seconds: seconds / texts.length,
        price: price === null ? null : price / texts.length,
        ...more,
      });
      await store.putReply(keyOf(text), body);
    }
  }
}

/** A reply from its parts, added up in the order of the texts: the same parts give the same sum to the last bit. */
function addScores(scores: readonly z.infer<typeof RecordedScore>[]): ScoreReply {
  const prices = scores.flatMap(({ price }) => price === null ? [] : [price]);
  return {
    logits: scores.map(({ logit }) => logit),
    promptTokens: scores.reduce((sum, one) => sum + one.promptTokens, 0),
    seconds: scores.reduce((sum, { seconds }) => sum + seconds, 0),
    price: prices.length === 0 ? null : prices.reduce((sum, price) => sum + price, 0),
    ...(scores.some((one) => one.tokensAreEstimated) ? { tokensAreEstimated: true } : {}),
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
