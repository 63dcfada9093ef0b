import { END_OF_OUTPUT, OUTPUT, policyPrompt, ProviderError, STOP_STRINGS } from "../core/mod.ts";
import type { RawChoice } from "./_raw_choice.ts";
import type { Adaptations, AdaptingTransport } from "./adapting_transport.ts";
import type { EndpointSettings } from "./cure.ts";
import { isLength } from "./_completion.ts";
import { tryContinuation } from "./_probe_continuation.ts";
import { tryTokens } from "./_probe_tokens.ts";
import type { PolicyFindings, ProbeOptions, StopHandling } from "./probe.ts";
import {
  KEEPS_DELIMITERS,
  NEUTRAL_SAMPLING,
  readReply,
  TextReply,
  TokenizeReply,
} from "./_replies.ts";
import { offersLoad, patiently, probing, servedModel, unlessRefused } from "./_served.ts";
import type { Transport } from "./transport.ts";

/** Options of {@linkcode probePolicy}. */
export interface PolicyProbeOptions extends ProbeOptions {
  readonly api: "completions" | "chat";
}

/**
 * Asks a policy endpoint what it serves and tries out what search depends on.
 *
 * @throws {ProviderError} If it cannot be reached, does not serve the model, or refuses the request; with the cure.
 */
export function probePolicy(
  transport: Transport | AdaptingTransport,
  options: PolicyProbeOptions,
): Promise<PolicyFindings> {
  const { flag, keyVariable } = options;
  const settings: EndpointSettings = { role: "policy", flag, keyVariable };
  return probing(settings, () => findOut(transport, { ...options, settings }));
}

async function findOut(
  transport: Transport | AdaptingTransport,
  options: PolicyProbeOptions & { readonly settings: EndpointSettings },
): Promise<PolicyFindings> {
  const served = await servedModel(transport, options);
  const { url } = transport;
  const isEngine = served.ownedBy === "rstar";
  const ask = asker(transport, { ...options, model: served.model, isEngine });
  // vLLM refuses several greedy choices.
  const first = await ask({ n: 2, temperature: 1, maxTokens: PROBE_TOKENS, stop: STOP_STRINGS });
  const seen = first.choices.map((choice) => handlingSeen(choice, STOP_STRINGS));
  const findings = {
    honoursN: first.choices.length >= 2,
    countsTokens: first.tokens !== null,
    stopStrings: seen.find((one) => one !== "unknown") ?? await tryStopString(ask),
    formatTokens: options.api === "chat"
      ? "unknown" as const
      : await tryFormatTokens(transport, { ...options, model: served.model }),
    takesSeed: isEngine ? true : null,
    offersLoad: await offersLoad(transport, options),
  };
  const continuation = options.api === "chat"
    ? await tryContinuation(transport, { ...options, model: served.model })
    : null;
  const tokens = options.api === "chat"
    ? "the chat route takes no forced tokens"
    : await tryTokens(transport, { ...options, model: served.model });
  const countsOneChoice = missesChoices(first);
  const adaptations = "adaptations" in transport ? transport.adaptations() : null;
  const { ownedBy: _, ...named } = served;
  return {
    url,
    ...named,
    ...findings,
    tokens,
    ...(continuation === null ? {} : { continuation }),
    ...(countsOneChoice ? { countsOneChoice: true as const } : {}),
    ...(adaptations === null || isEmpty(adaptations) ? {} : { adaptations }),
    notices: [
      ...noticesOf(url, {
        ...findings,
        ...named,
        // Said already where it was refused.
        honoursN: findings.honoursN || adaptations?.oneByOne === true,
      }),
      ...(countsOneChoice ? [countsOne(url)] : []),
      ...(continuation === "none" ? [beginsAnew(url)] : []),
    ],
  };
}

/** Tokens per choice of the first request of a probe. */
const PROBE_TOKENS = 32;

/** Whether fewer tokens were counted than the choices that ended by their length must have. */
function missesChoices({ choices, tokens }: Answered): boolean {
  const whole = choices.filter((choice) => isLength(choice.finish_reason)).length;
  return tokens !== null && whole > 1 && tokens < whole * PROBE_TOKENS;
}

function countsOne(url: string): string {
  return `${url} counts the tokens of one choice of several: tokens, budgets and costs are estimated from the text`;
}

function isEmpty({ leftOut, renamed, oneByOne, streams }: Adaptations): boolean {
  return leftOut.length === 0 && Object.keys(renamed).length === 0 && !oneByOne && !streams;
}

function beginsAnew(url: string): string {
  return `${url} does not go on with an assistant message: every step would be a first step; ` +
    "draw whole solutions (--preset general), use --policy-api completions, or a server that continues, such as vLLM";
}

interface Asked {
  readonly n: number;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly stop: readonly string[];
}

interface Answered {
  readonly choices: readonly RawChoice[];
  /** Generated tokens; `null` where they are not counted. */
  readonly tokens: number | null;
}

type Ask = (asked: Asked) => Promise<Answered>;

function asker(
  transport: Transport,
  options: PolicyProbeOptions & { readonly model: string; readonly isEngine: boolean },
): Ask {
  const { api, model, isEngine, signal } = options;
  return async ({ n, temperature, maxTokens, stop }) => {
    const common = {
      model,
      n,
      temperature,
      top_p: 1,
      max_tokens: maxTokens,
      stop,
      ...KEEPS_DELIMITERS,
      ...(isEngine ? {} : NEUTRAL_SAMPLING),
    };
    const { path, question } = api === "completions"
      ? {
        path: "/completions",
        question: { prompt: policyPrompt("What is 1 + 1?") },
      }
      : {
        path: "/chat/completions",
        question: { messages: [{ role: "user", content: "Count from 1 to 20." }] },
      };
    return await patiently(async () => {
      const reply = await transport.request(path, { ...common, ...question }, { signal });
      const { choices, usage } = readReply(TextReply, reply, transport.url);
      if (choices.length === 0) throw noChoices(transport.url);
      return { choices, tokens: usage.completion_tokens };
    }, options);
  };
}

function noChoices(url: string): ProviderError {
  return new ProviderError(`Cannot use ${url}: it answered a request without any choice`, {
    status: 200,
    isRetryable: true,
    kind: "no choices",
  });
}

function handlingSeen(choice: RawChoice, stops: readonly string[]): StopHandling {
  const { text, finish_reason: finish, stop_reason: reason } = choice;
  if (stops.some((stop) => text.slice(0, -1).includes(stop))) return "ignored";
  if (stops.some((stop) => text.endsWith(stop))) return "kept";
  const isNamed = finish !== "length" && typeof reason === "string" && stops.includes(reason);
  return isNamed ? "named" : "unknown";
}

/** A model that does not know the format stops at none of its stop strings: a piece of its own greedy text is made one. */
async function tryStopString(ask: Ask): Promise<StopHandling> {
  const greedy = { n: 1, temperature: 0, maxTokens: 24 };
  const whole = (await ask({ ...greedy, stop: [] })).choices[0]?.text ?? "";
  const at = Math.floor(whole.length / 2);
  const stop = whole.slice(at, at + 3);
  // A piece that stands there earlier as well, or at the end, would tell nothing.
  if (stop.trim().length < 2 || whole.indexOf(stop) !== at || whole.endsWith(stop)) {
    return "unknown";
  }
  const [choice] = (await ask({ ...greedy, stop: [stop] })).choices;
  if (choice === undefined) return "unknown";
  const seen = handlingSeen(choice, [stop]);
  return seen === "unknown" && choice.text === whole.slice(0, at) ? "cut" : seen;
}

/** Delimiters that every trajectory has. */
const DELIMITERS = [...STOP_STRINGS, OUTPUT, END_OF_OUTPUT];

/** Counts the tokens of the delimiters: by `/tokenize`, or by what they add to a prompt. */
async function tryFormatTokens(
  transport: Transport,
  options: PolicyProbeOptions & { readonly model: string },
): Promise<PolicyFindings["formatTokens"]> {
  const { model, signal } = options;
  const text = DELIMITERS.join("");
  const question = { model, prompt: text, add_special_tokens: false };
  const tokenized = await unlessRefused(
    () => transport.request("../tokenize", question, { signal }),
    options,
  );
  const parsed = TokenizeReply.safeParse(tokenized);
  if (parsed.success) return verdict(parsed.data.count);
  const promptTokens = (prompt: string) =>
    patiently(async () => {
      const body = { model, prompt, max_tokens: 1, temperature: 0 };
      const reply = await transport.request("/completions", body, { signal });
      return readReply(TextReply, reply, transport.url).usage.prompt_tokens;
    }, options);
  const [without, together] = [await promptTokens("1"), await promptTokens(`1${text}`)];
  return without === null || together === null ? "unknown" : verdict(together - without);
}

function verdict(tokens: number): "whole" | "split" {
  return tokens <= DELIMITERS.length ? "whole" : "split";
}

function noticesOf(
  url: string,
  findings: Pick<
    PolicyFindings,
    "honoursN" | "countsTokens" | "stopStrings" | "formatTokens" | "model"
  >,
): string[] {
  const { honoursN, countsTokens, stopStrings, formatTokens, model } = findings;
  const notices: string[] = [];
  if (!honoursN) notices.push(`${url} ignores n: every candidate is a request of its own`);
  if (!countsTokens) {
    notices.push(`${url} counts no tokens: tokens, budgets and costs are estimated from the text`);
  }
  if (stopStrings === "ignored") {
    notices.push(
      `${url} ignores stop strings: texts are cut at the first one, and what follows it is paid for`,
    );
  }
  if (stopStrings === "cut") {
    notices.push(
      `${url} cuts stop strings off and does not say which: they are inferred where a complete step, program or answer ends, and ` +
        "a model's own end there is taken for one; a server with include_stop_str_in_output, such as vLLM, leaves no doubt",
    );
  }
  if (formatTokens === "split") {
    notices.push(
      `the tokenizer of "${model}" at ${url} does not know the format's special tokens: a model that was not trained on them ` +
        "rarely stops where a step ends; for a general model use --policy-api chat",
    );
  }
  return notices;
}
