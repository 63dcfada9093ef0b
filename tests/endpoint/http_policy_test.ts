import assert from "node:assert/strict";
import { ProviderError } from "../../lib/core/mod.ts";
import {
  chatPolicy,
  completionsPolicy,
  EndpointPool,
  openTransport,
  type Policy,
  type SampleRequest,
} from "../../lib/endpoint/mod.ts";
import { type Answer, completions, type ScriptedServer, scriptedServer } from "./_server.ts";

const request: SampleRequest = {
  prompt: "1 + 1",
  n: 2,
  stop: ["<end_of_step>"],
  temperature: 1,
  topP: 1,
  maxTokens: 16,
  seed: 7,
};

function policyOf(
  server: ScriptedServer,
  options: { readonly attempts?: number; readonly deadlineMs?: number } = {},
): {
  readonly policy: Policy;
  readonly pool: EndpointPool;
} {
  const transport = openTransport(server.url, {
    apiKey: "secret-key",
    deadlineMs: options.deadlineMs ?? 5_000,
    maxReplyBytes: 1_000_000,
  });
  const pool = new EndpointPool([transport], {
    retry: { attempts: options.attempts ?? 3, initialDelayMs: 1 },
  });
  return { pool, policy: completionsPolicy({ pool, model: "m", sendsSeed: false, findings: {} }) };
}

Deno.test("completionsPolicy() estimates the tokens of several choices where a server counts those of one", async () => {
  const text = "x".repeat(300);
  await using server = scriptedServer([() => completions([text, text])]);
  await using pool = new EndpointPool([openTransport(server.url)]);
  const options = { pool, model: "m", sendsSeed: false, findings: {} };
  const partly = completionsPolicy({ ...options, countOneChoice: [server.url] });
  const { generatedTokens, tokensAreEstimated } = await partly.sample(request);
  assert.deepEqual([generatedTokens, tokensAreEstimated], [200, true]);
  const wholly = await completionsPolicy(options).sample(request);
  assert.notEqual(wholly.generatedTokens, 200);
});

Deno.test("completionsPolicy() asks for special tokens, stop strings and n, and leaves seeds out", async () => {
  await using server = scriptedServer([() => completions(["a<end_of_step>", "b<end_of_step>"])]);
  const reply = await policyOf(server).policy.sample(request);
  assert.deepEqual(server.seen[0]?.body, {
    model: "m",
    prompt: "1 + 1",
    n: 2,
    stop: ["<end_of_step>"],
    temperature: 1,
    top_p: 1,
    max_tokens: 16,
    include_stop_str_in_output: true,
    skip_special_tokens: false,
  });
  assert.deepEqual(reply.completions, [
    { text: "a<end_of_step>", finishReason: "stop_string", stopString: "<end_of_step>", tokens: 3 },
    { text: "b<end_of_step>", finishReason: "stop_string", stopString: "<end_of_step>", tokens: 3 },
  ]);
  assert.deepEqual([reply.promptTokens, reply.generatedTokens, reply.price], [10, 6, null]);
});

Deno.test("completionsPolicy() sends what it does not use as neutral where it is told to", async () => {
  await using server = scriptedServer([() => completions(["a<end_of_step>", "b<end_of_step>"])]);
  await using pool = new EndpointPool([openTransport(server.url)]);
  const policy = completionsPolicy({
    pool,
    model: "m",
    sendsSeed: false,
    neutralises: true,
    findings: {},
  });
  await policy.sample(request);
  const { top_k, min_p, repetition_penalty, presence_penalty, frequency_penalty } =
    server.seen[0]?.body ?? {};
  assert.deepEqual(
    [top_k, min_p, repetition_penalty, presence_penalty, frequency_penalty],
    [-1, 0, 1, 0, 0],
  );
});

Deno.test("completionsPolicy() puts a cut stop string back and tells the model's own end and a length cut apart", async () => {
  await using server = scriptedServer([() =>
    Response.json({
      choices: [
        { text: "a", finish_reason: "stop", stop_reason: "<end_of_step>" },
        { text: "b", finish_reason: "stop", stop_reason: null },
        { text: "c", finish_reason: "length" },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 3 },
    })]);
  const reply = await policyOf(server).policy.sample({ ...request, n: 3 });
  assert.deepEqual(
    reply.completions.map(({ text, finishReason, stopString }) => [text, finishReason, stopString]),
    [["a<end_of_step>", "stop_string", "<end_of_step>"], ["b", "end", null], ["c", "length", null]],
  );
});

Deno.test("completionsPolicy() asks side by side for what a server that ignores n left out", async () => {
  const isTogether = Promise.withResolvers<void>();
  let open = 0;
  await using server = scriptedServer([() => completions(["a<end_of_step>"]), async () => {
    if (++open === 2) isTogether.resolve();
    await isTogether.promise;
    return completions(["b<end_of_step>"]);
  }]);
  const { policy, pool } = policyOf(server);
  const reply = await policy.sample({ ...request, n: 3 });
  assert.equal(reply.completions.length, 3);
  assert.deepEqual(server.seen.map(({ body }) => body["n"]), [3, 1, 1]);
  assert.deepEqual([reply.promptTokens, reply.contextTokens, reply.generatedTokens], [30, 10, 9]);
  assert.equal(
    pool.metrics().quirks["n not honoured"]?.example,
    `${server.url} answered 1 choices of 3`,
  );
});

Deno.test("completionsPolicy() sends a server that is known to ignore n single requests, each with a seed of its own", async () => {
  await using server = scriptedServer([() => completions(["a<end_of_step>", "too many"])]);
  const pool = new EndpointPool([openTransport(server.url)]);
  const policy = completionsPolicy({
    pool,
    model: "m",
    sendsSeed: true,
    honoursN: false,
    findings: {},
  });
  const { completions: all } = await policy.sample({ ...request, n: 3 });
  assert.deepEqual(all.map(({ text }) => text), Array(3).fill("a<end_of_step>"));
  const sent = server.seen.map(({ body }) => [body["n"], body["seed"]]);
  assert.deepEqual(sent.sort(), [[1, 7], [1, 8], [1, 9]]);
});

Deno.test("completionsPolicy() gives up the other requests of a round when one is refused", async () => {
  const stuck = Promise.withResolvers<Response>();
  let count = 0;
  await using server = scriptedServer([
    () => count++ === 0 ? Response.json({ error: {} }, { status: 400 }) : stuck.promise,
  ]);
  const pool = new EndpointPool([openTransport(server.url)]);
  const policy = completionsPolicy({
    pool,
    model: "m",
    sendsSeed: false,
    honoursN: false,
    findings: {},
  });
  await assert.rejects(policy.sample({ ...request, n: 3 }), { status: 400 });
  assert.equal(pool.metrics().running, 0);
  stuck.resolve(new Response());
});

Deno.test("completionsPolicy() ends a text at its first stop string where the server went on, and counts that", async () => {
  await using server = scriptedServer([() =>
    Response.json({
      choices: [
        { text: "ab<end_of_step>cd<end_of_code>", finish_reason: "stop" },
        { text: "ab<end_of_step>cdefghijklmnopq", finish_reason: "length" },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 60 },
    })]);
  const { policy, pool } = policyOf(server);
  const stop = ["<end_of_code>", "<end_of_step>"];
  const reply = await policy.sample({ ...request, stop });
  assert.deepEqual(
    reply.completions.map(({ text, finishReason, stopString, tokens }) => [
      ...[text, finishReason, stopString, tokens],
    ]),
    Array(2).fill(["ab<end_of_step>", "stop_string", "<end_of_step>", 15]),
  );
  assert.equal(reply.generatedTokens, 60);
  assert.deepEqual(pool.metrics().quirks, {
    "stop string not honoured": {
      count: 2,
      example: `${server.url} went on after "<end_of_step>": the text is cut there`,
    },
  });
});

Deno.test("completionsPolicy() estimates the tokens of a server that counts none, and says so", async () => {
  await using server = scriptedServer([() =>
    Response.json({
      choices: [{ text: "123456<end_of_step>", finish_reason: "stop" }, {
        text: "x",
        finish_reason: "length",
      }],
    })]);
  const { policy, pool } = policyOf(server);
  const reply = await policy.sample(request);
  assert.deepEqual(
    [reply.promptTokens, reply.generatedTokens, reply.tokensAreEstimated],
    [2, 8, true],
  );
  assert.deepEqual(reply.completions.map(({ tokens }) => tokens), [7, 1]);
  assert.equal(pool.metrics().quirks["no usage"]?.count, 1);
});

const good: Answer = () => completions(["a<end_of_step>", "b<end_of_step>"]);

Deno.test.each<[string, Answer, string]>([
  ["429", () => new Response("slow down", { status: 429 }), "status 429"],
  ["503", () => new Response("later", { status: 503 }), "status 503"],
  ["HTML", () => new Response("<html>", { headers: { "content-type": "text/html" } }), "no JSON"],
  [
    "truncated JSON",
    () => new Response('{"choices": [', { headers: { "content-type": "application/json" } }),
    "no JSON",
  ],
  ["a reply without choices", () => Response.json({ ok: true }), "invalid reply"],
  [
    "an end without a token",
    () =>
      Response.json({
        choices: [{ text: "", finish_reason: "stop" }, { text: "", finish_reason: "stop" }],
        usage: { prompt_tokens: 9, completion_tokens: 0 },
      }),
    "nothing generated",
  ],
])("completionsPolicy() tries again after %s and counts it", async (_name, bad, kind) => {
  await using server = scriptedServer([bad, good]);
  const { policy, pool } = policyOf(server);
  assert.equal((await policy.sample(request)).completions.length, 2);
  const metrics = pool.metrics();
  assert.deepEqual([metrics.requests, metrics.retries, metrics.running], [2, 1, 0]);
  assert.deepEqual(Object.keys(metrics.failures), [kind]);
});

Deno.test.each<[number, number]>([[1, 1], [0, 4]])(
  "completionsPolicy() believes an end at once with %i tokens after %i requests",
  async (tokens, requests) => {
    await using server = scriptedServer([() =>
      Response.json({
        choices: [{ text: "", finish_reason: "stop" }],
        usage: { prompt_tokens: 9, completion_tokens: tokens },
      })]);
    const { policy } = policyOf(server, { attempts: 5 });
    const { completions } = await policy.sample({ ...request, n: 1 });
    const ends = completions.map(({ text, finishReason }) => [text, finishReason]);
    assert.deepEqual([ends, server.seen.length], [[["", "end"]], requests]);
  },
);

Deno.test("completionsPolicy() gives up after its attempts, names them and never shows the key", async () => {
  await using server = scriptedServer([
    () => new Response("secret-key is wrong?", { status: 500 }),
  ]);
  await assert.rejects(policyOf(server).policy.sample(request), (error: unknown) => {
    assert.ok(error instanceof ProviderError);
    assert.match(error.message, /status 500.*\(tried 3 times\)$/);
    return true;
  });
  assert.equal(server.seen.length, 3);
});

Deno.test("completionsPolicy() does not repeat a request that the server refuses", async () => {
  await using server = scriptedServer([
    () => Response.json({ error: { message: "no model" } }, { status: 404 }),
  ]);
  await assert.rejects(policyOf(server).policy.sample(request), {
    name: "ProviderError",
    status: 404,
  });
  assert.equal(server.seen.length, 1);
});

Deno.test("completionsPolicy() stops waiting at its deadline", async () => {
  const stuck = Promise.withResolvers<Response>();
  await using server = scriptedServer([() => stuck.promise]);
  const sample = policyOf(server, { attempts: 1, deadlineMs: 50 }).policy.sample(request);
  await assert.rejects(sample, /no reply in time/);
  stuck.resolve(new Response());
});

Deno.test("completionsPolicy() refuses a reply that is too long", async () => {
  await using server = scriptedServer([() => completions(["x".repeat(2_000_000)])]);
  await assert.rejects(
    policyOf(server).policy.sample(request),
    /the reply is longer than 1000000 bytes \(tried 3 times\)$/,
  );
});

Deno.test("completionsPolicy() says that nobody listens", async () => {
  const server = scriptedServer([good]);
  await server[Symbol.asyncDispose]();
  await assert.rejects(
    policyOf(server, { attempts: 2 }).policy.sample(request),
    /connection refused \(tried 2 times\)$/,
  );
});

Deno.test("completionsPolicy() ends at once when the caller aborts", async () => {
  const stuck = Promise.withResolvers<Response>();
  const arrived = Promise.withResolvers<void>();
  await using server = scriptedServer([() => {
    arrived.resolve();
    return stuck.promise;
  }]);
  const controller = new AbortController();
  const sample = policyOf(server).policy.sample(request, { signal: controller.signal });
  await arrived.promise;
  controller.abort(new Error("enough"));
  await assert.rejects(sample, { message: "enough" });
  stuck.resolve(new Response());
});

Deno.test("chatPolicy() continues a last assistant message", async () => {
  await using server = scriptedServer([() =>
    Response.json({
      choices: [{ message: { content: "x<end_of_step>" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 1 },
    })]);
  const pool = new EndpointPool([openTransport(server.url)]);
  const policy = chatPolicy({ pool, model: "m", sendsSeed: true, findings: {} });
  const prompt = [{ role: "user", content: "q" }, { role: "assistant", content: "a" }] as const;
  const reply = await policy.sample({ ...request, n: 1, prompt });
  assert.equal(reply.completions[0]?.stopString, "<end_of_step>");
  assert.equal(server.seen[0]?.path, "/v1/chat/completions");
  const body = server.seen[0]?.body ?? {};
  assert.deepEqual(
    [body["continue_final_message"], body["add_generation_prompt"], body["seed"]],
    [true, false, 7],
  );
});

Deno.test("a policy refuses a prompt of the other route", async () => {
  await using server = scriptedServer([good]);
  await assert.rejects(
    policyOf(server).policy.sample({ ...request, prompt: [{ role: "user", content: "q" }] }),
    /Cannot use the completions route with this prompt: expected text/,
  );
});
