import { seededRandom } from "../../lib/core/mod.ts";
import { type ScriptedServer, scriptedServer, type SeenRequest } from "./_server.ts";

/** Ways in which a {@linkcode modelServer} differs from vLLM. */
export interface ModelServerQuirks {
  readonly ignoresN?: boolean;
  readonly stop?: "kept" | "named" | "cut" | "ignored";
  readonly hidesUsage?: boolean;
  /** Whether the usage of a reply is that of its first choice (llama.cpp). */
  readonly countsOneChoice?: boolean;
  readonly hasTokenize?: boolean;
  /** How it shows log-probabilities. vLLM by ids, SGLang by text, llama.cpp by objects; after temperature: useless. @default not at all */
  readonly logprobs?: "ids" | "text" | "objects" | "after temperature";
  /** Whether the tokenizer takes the format's delimiters apart. */
  readonly splitsTokens?: boolean;
  readonly hasMetrics?: boolean;
  /** Whether the model stops at the format's stop strings by itself. @default true */
  readonly knowsFormat?: boolean;
  readonly ownedBy?: string;
  readonly activation?: "asked" | "always" | "never";
  /** Scores of texts. @default their length - 20 */
  readonly logit?: (text: string) => number;
}

const TOKEN = /<[a-z_]+>|./gs;

/**
 * A loopback server with a toy model behind vLLM's routes: it writes words and steps, seeded or not, and scores a text by its
 * length. It does everything that the client relies on, or leaves out what it is told to.
 */
export function modelServer(quirks: ModelServerQuirks = {}): ScriptedServer {
  let draws = 0;
  const respond = ({ path, body }: SeenRequest): Response => {
    switch (path) {
      case "/v1/models": {
        const id = quirks.activation === undefined ? "policy" : "ppm";
        const owned_by = quirks.ownedBy ?? "toy";
        return Response.json({ object: "list", data: [{ id, owned_by, max_model_len: 4096 }] });
      }
      case "/v1/completions":
        return complete(body, { quirks, draw: draws++ });
      case "/pooling":
        return pool(body, quirks);
      case "/tokenize":
        if (!quirks.hasTokenize) break;
        return tokenize(body, quirks);
      case "/detokenize":
        if (!quirks.hasTokenize) break;
        return Response.json({ prompt: textOfIds(body["tokens"]) });
      case "/metrics":
        if (!quirks.hasMetrics) break;
        return new Response(
          "# HELP\nvllm:num_requests_running 0\nvllm:num_requests_waiting 0\n",
        );
    }
    return Response.json({ error: { message: "Not Found" } }, { status: 404 });
  };
  return scriptedServer([respond]);
}

function countTokens(text: string, { splitsTokens }: ModelServerQuirks): number {
  return splitsTokens ? text.length : text.match(TOKEN)?.length ?? 0;
}

/** Tokens of the toy's texts, numbered as they come. */
const numbers = new Map<string, number>();

function idsOf(text: string): number[] {
  return (text.match(TOKEN) ?? []).map((token) => {
    const id = numbers.get(token) ?? numbers.size;
    numbers.set(token, id);
    return id;
  });
}

function textOfIds(ids: unknown): string {
  const texts = [...numbers.keys()];
  return (Array.isArray(ids) ? ids : []).map((id) => texts[Number(id)] ?? "").join("");
}

function tokenize(body: SeenRequest["body"], quirks: ModelServerQuirks): Response {
  const isLlama = quirks.logprobs === "objects";
  const tokens = idsOf(String(body[isLlama ? "content" : "prompt"] ?? ""));
  if (isLlama) return Response.json({ tokens });
  return Response.json({ count: countTokens(String(body["prompt"]), quirks), tokens });
}

/** Other tokens than the one drawn, with the same probabilities everywhere. */
const OTHERS = [["Q", -2], ["</s>", -3], ["Z", -4], ["#", -9999]] as const;

function logprobsOf(
  text: string,
  body: SeenRequest["body"],
  { logprobs: shape }: ModelServerQuirks,
): unknown {
  if (shape === undefined || typeof body["logprobs"] !== "number") return null;
  const scale = shape === "after temperature" ? 1 / Math.max(0.1, Number(body["temperature"])) : 1;
  const others = OTHERS.slice(0, body["logprobs"])
    .map(([token, value]) => [token, value * scale] as const);
  const tokens = text.match(TOKEN) ?? [];
  if (shape === "objects") {
    const object = (token: string, logprob: number) => ({
      id: idsOf(token)[0],
      token,
      bytes: [...new TextEncoder().encode(token)],
      logprob,
    });
    const top_logprobs = others.map(([token, value]) => object(token, value));
    return { content: tokens.map((token) => ({ ...object(token, -0.25), top_logprobs })) };
  }
  const name = (token: string) => shape === "text" ? token : `token_id:${idsOf(token)[0]}`;
  return {
    tokens: tokens.map(name),
    token_logprobs: tokens.map(() => -0.25),
    top_logprobs: tokens.map((token) =>
      Object.fromEntries([[token, -0.25] as const, ...others].map(([t, v]) => [name(t), v]))
    ),
  };
}

function complete(
  body: SeenRequest["body"],
  { quirks, draw }: { readonly quirks: ModelServerQuirks; readonly draw: number },
): Response {
  const prompt = Array.isArray(body["prompt"]) ? textOfIds(body["prompt"]) : String(body["prompt"]);
  const maxTokens = Number(body["max_tokens"]);
  if (countTokens(prompt, quirks) + maxTokens > 4096) {
    return Response.json({ error: { message: "maximum context length is 4096" } }, { status: 400 });
  }
  if (body["model"] !== "policy") {
    return Response.json({ error: { message: "The model does not exist" } }, { status: 404 });
  }
  const n = quirks.ignoresN ? 1 : Number(body["n"] ?? 1);
  const stops = Array.isArray(body["stop"]) ? body["stop"].map(String) : [];
  const choices = Array.from({ length: n }, (_, index) => {
    const seed = body["temperature"] === 0
      ? 0
      : typeof body["seed"] === "number"
      ? body["seed"] + index
      : draw * 1000 + index;
    const endless = textBehind(prompt, textOf(seed, quirks));
    const choice = choiceOf(endless, { stops, maxTokens, quirks });
    return { index, ...choice, logprobs: logprobsOf(choice.text, body, quirks) };
  });
  const counted = quirks.countsOneChoice ? choices.slice(0, 1) : choices;
  const generated = counted.reduce((sum, { text }) => sum + countTokens(text, quirks), 0);
  const usage = { prompt_tokens: countTokens(prompt, quirks), completion_tokens: generated };
  return Response.json({ choices, ...(quirks.hidesUsage ? {} : { usage }) });
}

/** Endless text of a seed. */
function textOf(seed: number, { knowsFormat = true }: ModelServerQuirks): string {
  const random = seededRandom(seed);
  const letter = () => String.fromCharCode(97 + Math.floor(random() * 26));
  const word = () => letter() + letter() + letter();
  const end = knowsFormat ? "<end_of_step>" : " ";
  return Array.from({ length: 400 }, () => `${word()} ${word()}${end}`).join("");
}

/** Rest of a text behind the beginning that a prompt ends with. */
function textBehind(prompt: string, text: string): string {
  const known = [4, 3, 2, 1].find((length) => prompt.endsWith(text.slice(0, length))) ?? 0;
  return text.slice(known);
}

function choiceOf(
  endless: string,
  { stops, maxTokens, quirks }: {
    readonly stops: readonly string[];
    readonly maxTokens: number;
    readonly quirks: ModelServerQuirks;
  },
) {
  const text = (endless.match(TOKEN) ?? []).slice(0, maxTokens).join("");
  const { stop: handling = "kept" } = quirks;
  const stop = stops.toSorted((a, b) => text.indexOf(a) - text.indexOf(b))
    .find((one) => text.includes(one));
  if (stop === undefined || handling === "ignored") {
    return { text, finish_reason: "length", stop_reason: null };
  }
  const before = text.slice(0, text.indexOf(stop));
  return {
    text: handling === "kept" ? before + stop : before,
    finish_reason: "stop",
    stop_reason: handling === "cut" ? null : stop,
  };
}

function pool(body: SeenRequest["body"], quirks: ModelServerQuirks): Response {
  const { activation = "asked", logit = (text: string) => text.length - 20 } = quirks;
  const texts = Array.isArray(body["input"]) ? body["input"].map(String) : [String(body["input"])];
  const isActivated = activation === "always" ||
    (activation === "asked" && body["use_activation"] !== false);
  const value = (x: number) => isActivated ? 1 / (1 + Math.exp(-x)) : x;
  return Response.json({
    data: texts.map((text, index) => ({ index, object: "pooling", data: [value(logit(text))] })),
    ...(quirks.hidesUsage ? {} : { usage: { prompt_tokens: texts.join("").length } }),
  });
}
