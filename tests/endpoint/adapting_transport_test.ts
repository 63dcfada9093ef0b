import assert from "node:assert/strict";
import {
  adaptingTransport,
  chatPolicy,
  completionsPolicy,
  EndpointPool,
  openTransport,
  probePolicy,
} from "../../lib/endpoint/mod.ts";
import { scriptedServer, type SeenRequest } from "./_server.ts";

const TEXT = "one two three four five six seven eight nine ten";

const good = ({ body }: SeenRequest) => {
  const choices = Array.from({ length: Number(body["n"] ?? 1) }, () => ({
    text: TEXT,
    finish_reason: "stop",
  }));
  return Response.json({ choices, usage: { prompt_tokens: 1, completion_tokens: 9 } });
};

const refusal = (words: unknown, status = 400) =>
  Response.json(typeof words === "string" ? { error: { message: words } } : words, { status });

/** A server that refuses what a function names, and a policy that draws from it. */
async function drawTwice(refuse: (body: SeenRequest["body"]) => Response | null) {
  await using server = scriptedServer([(request) => refuse(request.body) ?? good(request)]);
  const said: string[] = [];
  const transport = adaptingTransport(openTransport(server.url), (message) => said.push(message));
  await using pool = new EndpointPool([transport], { retry: { attempts: 1 } });
  const policy = completionsPolicy({ pool, model: "m", sendsSeed: true, findings: {} });
  const request = {
    prompt: "q",
    n: 3,
    stop: ["x"],
    temperature: 1,
    topP: 1,
    maxTokens: 9,
    seed: 1,
  };
  const first = await policy.sample(request);
  const before = server.seen.length;
  const second = await policy.sample(request);
  assert.deepEqual([first.completions.length, second.completions.length], [3, 3]);
  return {
    adaptations: transport.adaptations(),
    bodies: server.seen.slice(before).map(({ body }) => body),
    said: said.map((one) => one.replace(server.url, "URL")),
  };
}

const NOTHING = { leftOut: [], renamed: {}, oneByOne: false, streams: false };

Deno.test("a field that is refused by name is left out from then on, and said once", async () => {
  for (
    const words of [
      (name: string) => ({ error: { message: `Unrecognized request argument supplied: ${name}` } }),
      (name: string) => ({
        detail: [{ type: "extra_forbidden", loc: ["body", name], msg: "Extra inputs" }],
      }),
    ]
  ) {
    const extras = ["include_stop_str_in_output", "skip_special_tokens", "seed"];
    const { adaptations, bodies, said } = await drawTwice((body) => {
      const refused = extras.find((name) => name in body);
      return refused === undefined ? null : refusal(words(refused), 422);
    });
    assert.deepEqual(adaptations, { ...NOTHING, leftOut: extras });
    assert.deepEqual(Object.keys(bodies[0] ?? {}).sort(), [
      ...["max_tokens", "model", "n", "prompt", "stop", "temperature", "top_p"],
    ]);
    assert.deepEqual([bodies.length, said.length, said[0]], [
      ...[1, 3, `URL refuses "include_stop_str_in_output": it is left out`],
    ]);
  }
});

Deno.test.each<[string, number]>([
  ["Only n = 1 is supported", 400],
  ["'n' must be 1", 422],
  ["multiple choices are not supported", 500],
  ["", 500],
  ["Bad request", 400],
])("several choices refused with %o and status %i are asked one by one", async (words, status) => {
  const { adaptations, bodies } = await drawTwice((body) =>
    Number(body["n"]) > 1 ? refusal(words, status) : null
  );
  assert.deepEqual(adaptations, { ...NOTHING, oneByOne: true });
  assert.deepEqual(bodies.map((body) => body["n"]), [1, 1, 1]);
});

Deno.test("max_tokens and max_completion_tokens are two names of one thing", async () => {
  const words = "Unsupported parameter: 'max_tokens' is not supported with this model. " +
    "Use 'max_completion_tokens' instead.";
  const { adaptations, bodies } = await drawTwice((body) =>
    "max_tokens" in body ? refusal(words) : null
  );
  assert.deepEqual(adaptations.renamed, { max_tokens: "max_completion_tokens" });
  assert.equal(bodies[0]?.["max_completion_tokens"], 9);
});

Deno.test("a field that is refused without a word is found by trying", async () => {
  const { adaptations, bodies } = await drawTwice((body) =>
    "skip_special_tokens" in body ? refusal("Bad request", 422) : null
  );
  assert.deepEqual(adaptations, { ...NOTHING, leftOut: ["skip_special_tokens"] });
  assert.equal(bodies.length, 1);
});

Deno.test("a server that answers by events only is asked for them", async () => {
  const { adaptations } = await drawTwice((body) =>
    body["stream"] === true ? null : refusal("This model only supports stream mode")
  );
  assert.deepEqual(adaptations, { ...NOTHING, streams: true });
});

Deno.test("a field of sampling that is refused is said not to be applied", async () => {
  const words = "Unsupported value: 'temperature' does not support 0.7 with this model.";
  const { said } = await drawTwice((body) => "temperature" in body ? refusal(words) : null);
  assert.deepEqual(said, [
    `URL refuses "temperature": it is left out, and what was set for it is not applied`,
  ]);
});

Deno.test("what is no matter of form is not tried otherwise", async () => {
  for (
    const [words, status] of [
      ["maximum context length is 4096, reduce max_tokens", 400],
      ["no key", 401],
      ["busy", 503],
    ] as const
  ) {
    await using server = scriptedServer([() => refusal(words, status)]);
    const transport = adaptingTransport(openTransport(server.url), () => {});
    await assert.rejects(transport.request("/completions", { n: 2, max_tokens: 9 }), { status });
    assert.equal(server.seen.length, 1);
  }
});

Deno.test("one 500 of a moment teaches nothing, and once a form was taken no other is tried", async () => {
  let requests = 0;
  await using server = scriptedServer([
    (request) => [1, 3].includes(++requests) ? refusal("", 500) : good(request),
  ]);
  const transport = adaptingTransport(openTransport(server.url), () => {});
  await transport.request("/completions", { n: 2 });
  assert.deepEqual(transport.adaptations(), NOTHING);
  await assert.rejects(transport.request("/completions", { n: 2 }), { status: 500 });
  assert.equal(requests, 3);
});

Deno.test("several greedy choices that are refused as such say nothing of others", async () => {
  const { adaptations, bodies } = await drawTwice(() => null);
  assert.deepEqual([adaptations, bodies.length], [NOTHING, 1]);
  await using server = scriptedServer([
    (request) =>
      request.body["temperature"] === 0 && Number(request.body["n"]) > 1
        ? refusal("n must be 1 when using greedy sampling")
        : good(request),
  ]);
  const transport = adaptingTransport(openTransport(server.url), () => {});
  await transport.request("/completions", { n: 2, temperature: 0 });
  assert.deepEqual(transport.adaptations(), NOTHING);
});

/** A chat server that counts on in its own way. */
async function continuationOf(
  reply: (message: { content: string; prefix?: boolean }) => string | null,
) {
  await using server = scriptedServer([({ path, body }) => {
    if (path === "/v1/models") return Response.json({ data: [{ id: "m" }] });
    if (path !== "/v1/chat/completions") return refusal("Not Found", 404);
    const messages = body["messages"] as { role: string; content: string; prefix?: boolean }[];
    const last = messages.at(-1);
    const content = last?.role === "assistant" ? reply(last) : TEXT;
    if (content === null) return refusal("the last message must be of the user");
    const choice = { message: { content }, finish_reason: "stop" };
    return Response.json({ choices: Array(Number(body["n"] ?? 1)).fill(choice) });
  }]);
  const transport = adaptingTransport(openTransport(server.url), () => {});
  const findings = await probePolicy(transport, { flag: "--policy", api: "chat" });
  return { found: findings.continuation, notices: findings.notices };
}

Deno.test("probePolicy() finds out how a chat server goes on with an assistant message", async () => {
  assert.equal((await continuationOf(() => " 7, 8, 9")).found, "continued");
  assert.equal((await continuationOf(({ content }) => `${content} 7, 8`)).found, "echoed");
  assert.equal((await continuationOf(({ prefix }) => prefix ? "7, 8" : "1, 2, 3")).found, "prefix");
  assert.equal((await continuationOf(({ prefix }) => prefix ? "7, 8" : null)).found, "prefix");
  assert.equal((await continuationOf(() => "I cannot count.")).found, "unknown");
  for (const reply of [() => "Sure: 1, 2, 3", () => "1, 2, 3, 4, 5, 6, 7, 8", () => null]) {
    const { found, notices } = await continuationOf(reply);
    assert.equal(found, "none");
    assert.match(notices.at(-1) ?? "", /does not go on with an assistant message/);
  }
});

Deno.test("chatPolicy() takes an echoed message off, marks a prefix, and infers a stop string that was cut", async () => {
  const begun = "<code>\n# Step 1: Add\nx = 1\n<end_of_step>";
  const next = "\n\n# Step 2: Print\nprint(x)\n";
  await using server = scriptedServer([
    () =>
      Response.json({ choices: [{ message: { content: begun + next }, finish_reason: "stop" }] }),
  ]);
  await using pool = new EndpointPool([openTransport(server.url)]);
  const policy = chatPolicy({
    pool,
    model: "m",
    sendsSeed: false,
    findings: {},
    marksPrefix: true,
    echoes: [server.url],
    stopHandling: { [server.url]: "cut" },
  });
  const { completions: [one] } = await policy.sample({
    prompt: [{ role: "user", content: "q" }, { role: "assistant", content: begun }],
    n: 1,
    stop: ["<end_of_step>", "<end_of_code>"],
    temperature: 1,
    topP: 1,
    maxTokens: 9,
    seed: 1,
  });
  assert.deepEqual([one?.text, one?.stopString], [`${next}<end_of_code>`, "<end_of_code>"]);
  assert.deepEqual((server.seen[0]?.body["messages"] as unknown[]).at(-1), {
    role: "assistant",
    content: begun,
    prefix: true,
  });
});
