/** A served policy that writes whole programs for additions; what it says depends on the prompt alone. */
import { hashSeed } from "../../../lib/core/mod.ts";
import { completionsReply } from "../../endpoint/_completions_reply.ts";

/** A served policy. */
export interface ProgramEndpoint extends AsyncDisposable {
  readonly url: string;
  /** Called with the number of requests for completions so far. */
  onRequest: (count: number, prompt: string) => void;
}

/** Options of {@linkcode programEndpoint}. */
export interface ProgramEndpointOptions {
  /** @default "adder" */
  readonly model?: string;
  /** Context length that it states. @default 8192 */
  readonly contextLength?: number;
}

/** Starts the endpoint on a free port. */
export function programEndpoint(options: ProgramEndpointOptions = {}): ProgramEndpoint {
  const { model = "adder", contextLength = 8192 } = options;
  let count = 0;
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      if (request.method === "GET") {
        return Response.json({ data: [{ id: model, max_model_len: contextLength }] });
      }
      const { prompt, messages, n } = await request.json();
      endpoint.onRequest(++count, String(prompt ?? JSON.stringify(messages)));
      if (messages !== undefined) return Response.json(chatReply(String(messages.at(-1)?.content)));
      const text = nextText(String(prompt));
      return Response.json(completionsReply(Array.from({ length: n }, () => text)));
    },
  );
  const endpoint: ProgramEndpoint = {
    url: `http://127.0.0.1:${server.addr.port}/v1`,
    onRequest: () => {},
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return endpoint;
}

/** Talks, and answers right or wrong as the programs do. */
function chatReply(question: string) {
  const [a = 0, b = 0] = [...question.matchAll(/\d+/g)].map(Number);
  const content = `Adding both gives \\boxed{${isRight(a) ? a + b : a - b}}.`;
  return {
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 7 },
  };
}

function nextText(prompt: string): string {
  const output = /<output>(.*)<end_of_output>\n$/.exec(prompt)?.[1];
  if (output !== undefined) return `<answer>It is \\boxed{${output}}.\n<end_of_answer>`;
  const [a = 0, b = 0] = [...prompt.matchAll(/\d+/g)].map(Number);
  const sign = isRight(a) ? "+" : "-";
  return `\n<code>\n# Step 1: Combine.\ntotal = ${a} ${sign} ${b}\n<end_of_step>\n\nprint(total)\n<end_of_code>`;
}

/** Whether the endpoint solves the problem with this first number. */
export function isRight(a: number): boolean {
  return hashSeed("adder", a) % 3 !== 0;
}

/** Problems that the endpoint solves or not, as a file of JSON lines. */
export function programProblems(count: number): string {
  return Array.from({ length: count }, (_, i) => {
    const [a, b] = [i + 2, 3 * i + 1];
    return JSON.stringify({
      id: i,
      question: `What is ${a} + ${b}?`,
      answer: a + b,
      level: 1 + i % 2,
    });
  }).join("\n");
}

/** Share of the problems that the endpoint solves. */
export function programScore(count: number): number {
  return Array.from({ length: count }, (_, i) => Number(isRight(i + 2)))
    .reduce((sum, right) => sum + right, 0) / count;
}

/** Writes problems and a suite of them. */
export async function writeSuite(
  folder: string,
  { count, fields = {} }: { readonly count: number; readonly fields?: Record<string, unknown> },
): Promise<string> {
  await Deno.writeTextFile(`${folder}/sums.jsonl`, programProblems(count));
  const suite = { name: "sums", description: "Sums", problems: "sums.jsonl", ...fields };
  await Deno.writeTextFile(`${folder}/sums.json`, JSON.stringify(suite));
  return `${folder}/sums.json`;
}
