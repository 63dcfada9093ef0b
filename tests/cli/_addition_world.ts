/**
 * A world of additions: problems that anybody can judge, and an endpoint that proposes right, wrong and broken steps for them.
 * Its answers depend on the prompt and the seed alone, like those of a recording.
 */
import { hashSeed } from "../../lib/core/mod.ts";
import { completionsReply } from "../endpoint/_completions_reply.ts";

/** Problems as a file of JSON lines. */
export function additionProblems(count: number): string {
  return Array.from(
    { length: count },
    (_, i) =>
      JSON.stringify({ id: i, question: `What is ${i + 2} + ${3 * i + 1}?`, answer: 4 * i + 3 }),
  ).join("\n");
}

/** A served policy. */
export interface AdditionEndpoint extends AsyncDisposable {
  readonly url: string;
  /** Called with the number of requests for completions so far; an answer waits for what it returns. */
  onRequest: (count: number) => void | Promise<void>;
}

/** Starts the endpoint on a free port. */
export function additionEndpoint(): AdditionEndpoint {
  let count = 0;
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      if (request.method === "GET") return Response.json({ data: [{ id: "adder" }] });
      const { prompt, n } = await request.json();
      await endpoint.onRequest(++count);
      const texts = Array.from({ length: n }, (_, i) => nextSegment(String(prompt), i));
      return Response.json(completionsReply(texts));
    },
  );
  const endpoint: AdditionEndpoint = {
    url: `http://127.0.0.1:${server.addr.port}/v1`,
    onRequest: () => {},
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return endpoint;
}

/** Writes the policy's reply to a prompt: a step that adds, subtracts or is no Python, a print, or the printed number as answer. */
export function nextSegment(prompt: string, sample: number): string {
  const output = /<output>(.*)<end_of_output>\n$/.exec(prompt)?.[1];
  if (output !== undefined) return `<answer>It is \\boxed{${output}}.\n<end_of_answer>`;
  if (prompt.includes("<end_of_step>")) {
    return "\n\n# Now print the final answer\nprint(total)\n<end_of_code>";
  }
  const [a, b] = [...prompt.matchAll(/\d+/g)].map(Number);
  const steps = [
    `total = ${a} + ${b}`,
    `total = ${a} - ${b}`,
    `total = ${a} +`,
    `total = ${b} + ${a}`,
  ];
  const step = steps[hashSeed(prompt, sample) % steps.length];
  return `\n<code>\n# Step 1: Add the two numbers.\n${step}\n<end_of_step>`;
}
