/** Log-probabilities of a choice, in the shapes that servers give them. */
import { z } from "zod";

/** A token as a server writes it. */
export interface RawToken {
  readonly id: number | null;
  /** `null` where only the id is said. */
  readonly text: string | null;
  readonly bytes: readonly number[] | null;
  /** `null` where it is no logarithm of a probability. */
  readonly logprob: number | null;
}

/** A generated token with the most probable ones at its place, the generated one perhaps among them. */
export interface RawPosition extends RawToken {
  readonly top: readonly RawToken[];
}

/** llama.cpp and the chat route: an object per token. */
const Detailed = z.object({
  id: z.int().min(0).nullish(),
  token: z.string(),
  bytes: z.array(z.int().min(0).max(255)).nullish(),
  logprob: z.unknown().optional(),
});
const DetailedPositions = z.array(
  Detailed.extend({ top_logprobs: z.array(Detailed).nullish() }),
);

/** vLLM and SGLang on `/completions`: lists side by side. */
const Columns = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.unknown()),
  top_logprobs: z.array(z.record(z.string(), z.unknown()).nullable()).nullish(),
});

const Holder = z.object({
  logprobs: z.unknown().optional(),
  completion_probabilities: z.unknown().optional(),
});

/** Reads the log-probabilities of a choice; `null` where there are none, or none that are understood. */
export function rawLogprobs(choice: unknown): readonly RawPosition[] | null {
  const { logprobs, completion_probabilities: native } = Holder.safeParse(choice).data ?? {};
  const columns = Columns.safeParse(logprobs).data;
  if (columns !== undefined) return fromColumns(columns);
  const content = z.object({ content: z.unknown() }).safeParse(logprobs).data?.content ?? native;
  const detailed = DetailedPositions.safeParse(content).data;
  if (detailed === undefined) return null;
  return detailed.map(({ top_logprobs: top, ...own }) => ({
    ...fromDetailed(own),
    top: (top ?? []).map(fromDetailed),
  }));
}

function fromColumns(columns: z.infer<typeof Columns>): readonly RawPosition[] | null {
  const { tokens, token_logprobs: own, top_logprobs: tops } = columns;
  if (tokens.length !== own.length || (tops && tops.length !== tokens.length)) return null;
  return tokens.map((token, at) => ({
    ...named(token),
    logprob: logprobOf(own[at]),
    top: Object.entries(tops?.[at] ?? {}).map(([name, value]) => ({
      ...named(name),
      logprob: logprobOf(value),
    })),
  }));
}

function fromDetailed({ id, token, bytes, logprob }: z.infer<typeof Detailed>): RawToken {
  const { id: written, text } = named(token);
  return { id: id ?? written, text, bytes: bytes ?? null, logprob: logprobOf(logprob) };
}

/** vLLM writes `token_id:N` where ids are asked for. */
function named(token: string): Omit<RawToken, "logprob"> {
  const id = /^token_id:(\d+)$/.exec(token)?.[1];
  return id === undefined
    ? { id: null, text: token, bytes: null }
    : { id: Number(id), text: null, bytes: null };
}

/** Servers write -9999 or null for what is impossible; rounding may lift what is certain above 0. */
const LEAST_LOGPROB = -1000;

function logprobOf(value: unknown): number | null {
  const isOne = typeof value === "number" && value > LEAST_LOGPROB && value < 0.01;
  return isOne ? Math.min(0, value) : null;
}
