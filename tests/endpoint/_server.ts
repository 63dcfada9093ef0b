import { z } from "zod";

/** A request as the scripted server saw it. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A loopback server that answers from a list, in order; the last answer is repeated. */
export interface ScriptedServer extends AsyncDisposable {
  /** Base URL with `/v1`. */
  readonly url: string;
  readonly seen: readonly SeenRequest[];
}

/** Answers of a scripted server. */
export type Answer = (request: SeenRequest) => Response | Promise<Response>;

/** Starts a scripted server. */
export function scriptedServer(answers: readonly Answer[]): ScriptedServer {
  const seen: SeenRequest[] = [];
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const text = await request.text();
      const body = z.record(z.string(), z.unknown()).parse(text === "" ? {} : JSON.parse(text));
      const path = new URL(request.url).pathname;
      const one = { path, headers: request.headers, body };
      const answer = answers[Math.min(seen.push(one) - 1, answers.length - 1)];
      return answer === undefined ? new Response("no script", { status: 500 }) : await answer(one);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/v1`,
    seen,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A reply of `/completions` with these texts, each ended by its last delimiter as vLLM reports it. */
export function completions(
  texts: readonly string[],
  more: Record<string, unknown> = {},
): Response {
  return Response.json({
    id: "cmpl-1",
    object: "text_completion",
    choices: texts.map((text, index) => ({
      index,
      text,
      finish_reason: "stop",
      stop_reason: /<[a-z_]+>$/.exec(text)?.[0] ?? null,
      ...more,
    })),
    usage: { prompt_tokens: 10, completion_tokens: texts.length * 3, total_tokens: 0 },
  });
}
