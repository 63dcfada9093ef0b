import assert from "node:assert/strict";
import { parseSegment } from "../../lib/domain/parse_segment.ts";
import {
  chatPolicy,
  completionsPolicy,
  EndpointPool,
  openTransport,
  type SampleRequest,
} from "../../lib/endpoint/mod.ts";
import { type Answer, scriptedServer } from "./_server.ts";

const STOP = "<end_of_step>";
const request: SampleRequest = {
  prompt: [{ role: "user", content: "q" }],
  n: 1,
  stop: [STOP],
  temperature: 1,
  topP: 1,
  maxTokens: 16,
  seed: 7,
};

/** One draw of the chat route, or of completions where the prompt is text. */
async function draw(answer: Answer, changes: Partial<SampleRequest> = {}) {
  await using server = scriptedServer([answer]);
  await using pool = new EndpointPool([openTransport(server.url, { apiKey: "secret-key" })], {
    retry: { attempts: 2, initialDelayMs: 1 },
    settings: { role: "policy", flag: "--policy" },
  });
  const make = typeof changes.prompt === "string" ? completionsPolicy : chatPolicy;
  const policy = make({ pool, model: "m", sendsSeed: false, findings: {} });
  const reply = await policy.sample({ ...request, ...changes });
  const { quirks, cachedShare } = pool.metrics();
  return { ...reply, requests: server.seen.length, quirks, cachedShare };
}

const chat = (choice: Record<string, unknown>, usage: unknown = null) => () =>
  Response.json({ choices: [choice], usage });

const message = { role: "assistant", content: `x = 1\n${STOP}` };

Deno.test("the share of cached prompt tokens is that of servers that say it", async () => {
  const shareOf = async (usage: unknown) =>
    (await draw(chat({ message, finish_reason: "stop" }, usage))).cachedShare;
  const counts = { prompt_tokens: 80, completion_tokens: 5 };
  assert.equal(await shareOf({ ...counts, prompt_tokens_details: { cached_tokens: 60 } }), 0.75);
  assert.equal(await shareOf({ ...counts, prompt_tokens_details: { cached_tokens: 0 } }), 0);
  for (const prompt_tokens_details of [null, {}, { cached_tokens: null }, "none", undefined]) {
    assert.equal(await shareOf({ ...counts, prompt_tokens_details }), null);
  }
});

Deno.test("any finish reason is a finish reason: where the text holds its stop string, none of them matters", async () => {
  const reasons = [
    ...[
      "stop",
      "length",
      "tool_calls",
      "content_filter",
      "abort",
      "eos",
      "eos_token",
      "tired",
      "",
      null,
    ],
    undefined,
    7,
  ];
  for (const finish_reason of reasons) {
    const { completions, requests } = await draw(chat({ message, finish_reason }));
    const [completion] = completions;
    assert.deepEqual([completion?.text, completion?.finishReason, requests], [
      ...[message.content, "stop_string", 1],
    ]);
  }
});

Deno.test.each<[string | null, string, string | undefined]>([
  ["stop", "end", undefined],
  ["eos", "end", undefined],
  ["eos_token", "end", undefined],
  ["", "end", undefined],
  [null, "end", undefined],
  ["end_turn", "end", undefined],
  ["tired", "end", "tired"],
  ["length", "length", undefined],
  ["max_tokens", "length", undefined],
  ["MAX_TOKENS", "length", undefined],
  ["tool_calls", "aborted", "tool_calls"],
  ["content_filter", "aborted", "content_filter"],
  ["abort", "aborted", "abort"],
  ["SAFETY", "aborted", "SAFETY"],
])(
  "a text without a stop string that ended by %o is %s, reason %o",
  async (finish, expected, reason) => {
    const { completions: [completion] } = await draw(
      chat({ message: { content: "x = " }, finish_reason: finish }),
    );
    assert.deepEqual([completion?.text, completion?.finishReason, completion?.serverReason], [
      ...["x = ", expected, reason],
    ]);
  },
);

Deno.test("one odd choice of n is one failed candidate with its reason, the others are kept and all are paid once", async () => {
  for (
    const odd of [
      { index: 1, message: { content: null }, finish_reason: "content_filter" },
      { index: 1, finish_reason: "content_filter" },
      { index: 1, message: { content: null, tool_calls: [{}] }, finish_reason: "tool_calls" },
      { nonsense: true },
      null,
    ]
  ) {
    const good = { index: "0", message, finish_reason: "stop" };
    const usage = { prompt_tokens: 5, completion_tokens: 40 };
    const { completions, generatedTokens, requests } = await draw(
      () => Response.json({ choices: [good, odd, good], usage }),
      { n: 3 },
    );
    assert.deepEqual([generatedTokens, requests], [40, 1]);
    assert.equal(completions.reduce((sum, { tokens }) => sum + tokens, 0), 40);
    const ends = completions.map(({ finishReason }) => finishReason);
    assert.deepEqual(ends, ["stop_string", "aborted", "stop_string"]);
    const [, failed] = completions;
    assert.ok(failed);
    const segment = parseSegment(failed, {
      parent: "root",
      codeAfterOutput: false,
      rewrite: true,
      answerKey: String,
    });
    assert.equal(segment.failure, "unparsable");
    assert.match(segment.text, /^\[ended: (content_filter|tool_calls|unreadable)\]$/);
  }
});

Deno.test("a refusal that cost no token is no empty reply: it is believed at once", async () => {
  const refused = { message: { content: "" }, finish_reason: "content_filter" };
  const { requests, quirks } = await draw(
    chat(refused, { prompt_tokens: 3, completion_tokens: 0 }),
  );
  assert.deepEqual([requests, quirks["ended by the server"]?.count], [1, 1]);
});

Deno.test("a reply of which no choice is known for a text is a fault", async () => {
  await assert.rejects(draw(chat({ nonsense: true })), /no choice holds a text \(tried 2 times\)/);
});

Deno.test.each<[unknown, number | null, number | null]>([
  [{}, null, null],
  [null, null, null],
  [{ prompt_tokens: 5 }, 5, null],
  [{ completion_tokens: 4 }, null, 4],
  [{ prompt_tokens: "5", completion_tokens: "4" }, 5, 4],
  [{ prompt_tokens: 5, total_tokens: 9 }, 5, 4],
  [{ prompt_tokens: null, completion_tokens: -1 }, null, null],
])(
  "usage %o gives %o tokens of the prompt and %o generated ones",
  async (usage, prompt, generated) => {
    const reply = await draw(chat({ message, finish_reason: "stop" }, usage));
    assert.equal(reply.requests, 1);
    // One letter is one token by estimate, and so are 19 characters seven.
    assert.deepEqual([reply.promptTokens, reply.generatedTokens], [prompt ?? 1, generated ?? 7]);
    assert.equal(reply.tokensAreEstimated ?? false, generated === null);
  },
);

Deno.test("the stop string is put back by stop_reason or matched_stop, as text or in a list, and a piece that was left is no part of the text", async () => {
  for (
    const [text, named] of [
      ["x = 1\n", { stop_reason: STOP }],
      ["x = 1\n", { stop_reason: [STOP] }],
      ["x = 1\n", { matched_stop: STOP }],
      ["x = 1\n", { stop_reason: null, matched_stop: STOP }],
      ["x = 1\n<end_of_", { matched_stop: STOP }],
      ["x = 1\n<", { stop_reason: STOP }],
    ] as const
  ) {
    const { completions: [one] } = await draw(
      chat({ message: { content: text }, finish_reason: "stop", ...named }),
    );
    assert.deepEqual([one?.text, one?.stopString], [message.content, STOP]);
  }
  const { completions: [end] } = await draw(
    chat({ message: { content: "x" }, finish_reason: "stop", matched_stop: 151645 }),
  );
  assert.deepEqual([end?.text, end?.finishReason], ["x", "end"]);
});

Deno.test.each<[string, Record<string, unknown>]>([
  ["a field", { content: message.content, reasoning_content: `is it 2?${STOP}` }],
  ["another field", { content: message.content, reasoning: "is it 2?" }],
  ["marks", { content: `<think>is it 2? ${STOP}</think>\n\n${message.content}` }],
  ["marks that the template opened", { content: `is it 2? ${STOP}</think>\n\n${message.content}` }],
  ["other marks", { content: `[THINK]is it 2?[/THINK]${message.content}` }],
  ["parts", {
    content: [
      { type: "thinking", thinking: [{ type: "text", text: "is it 2?" }] },
      { type: "text", text: "x = 1" },
      { type: "text", text: `\n${STOP}` },
    ],
  }],
])("reasoning in %s is counted and no part of the text", async (_name, content) => {
  const { completions: [one], quirks, generatedTokens } = await draw(
    chat({ message: content, finish_reason: "stop" }, { prompt_tokens: 1, completion_tokens: 50 }),
  );
  assert.deepEqual([one?.text, one?.stopString], [message.content, STOP]);
  assert.deepEqual([one?.tokens, generatedTokens], [50, 50]);
  assert.match(quirks["reasoning set aside"]?.example ?? "", /writes its reasoning first/);
});

Deno.test("reasoning without an end is no answer", async () => {
  const thinking = "<think>The answer is \\boxed{4}.";
  for (const [finish_reason, expected] of [["length", "length"], ["stop", "end"]]) {
    const choice = { message: { content: thinking }, finish_reason };
    const { completions: [one] } = await draw(chat(choice));
    assert.deepEqual([one?.text, one?.finishReason, one?.serverReason], [
      ...["", expected, "only reasoning"],
    ]);
  }
  const only = { message: { content: null, reasoning_content: "hm" }, finish_reason: "stop" };
  const { completions: [one], requests } = await draw(chat(only, { completion_tokens: 0 }));
  assert.deepEqual([one?.serverReason, requests], ["only reasoning", 1]);
});

const whole = JSON.stringify({ choices: [{ message, finish_reason: "stop" }], usage: {} });
const events = [
  { choices: [{ index: 0, delta: { role: "assistant", content: "x = " } }] },
  { choices: [{ index: 0, delta: { content: "1\n", reasoning_content: null } }] },
  { choices: [{ index: 0, delta: { content: STOP }, finish_reason: "stop" }] },
  { choices: [], usage: { prompt_tokens: 3, completion_tokens: 9 } },
].map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

Deno.test.each<[string, string, string]>([
  [
    "comment lines before JSON",
    `: OPENROUTER PROCESSING\n\n: keep-alive\n\n${whole}`,
    "application/json",
  ],
  ["blank lines before JSON", `\n\n\n${whole}`, "application/json"],
  ["JSON that is called text", whole, "text/plain"],
  ["JSON that is called a page", whole, "text/html"],
  ["events", `: hello\n\n${events}data: [DONE]\n\n`, "text/event-stream"],
  ["events without a last mark", events, "text/event-stream"],
  ["events with Windows line ends", events.replaceAll("\n", "\r\n"), "application/json"],
])("a reply in the form of %s is read", async (_name, body, type) => {
  const { completions: [one], requests } = await draw(
    () => new Response(body, { headers: { "content-type": type } }),
  );
  assert.deepEqual([one?.text, one?.stopString, requests], [message.content, STOP, 1]);
});

Deno.test("events of /v1/completions are read, and those that broke off are a fault", async () => {
  const pieces = ["x = ", `1\n${STOP}`].map((text, i) =>
    `data: ${JSON.stringify({ choices: [{ text, finish_reason: i === 1 ? "stop" : null }] })}\n\n`
  );
  const stream = (body: string) => () =>
    new Response(body, { headers: { "content-type": "text/event-stream" } });
  const { completions: [one] } = await draw(stream(pieces.join("")), { prompt: "q" });
  assert.equal(one?.text, message.content);
  await assert.rejects(draw(stream(pieces[0] ?? ""), { prompt: "q" }), { kind: "no JSON" });
});

Deno.test("a page with status 200 is named with its cure, and so is a failure with status 200", async () => {
  const page = () =>
    new Response("<html><title>Sign in</title></html>", {
      headers: { "content-type": "text/html" },
    });
  await assert.rejects(draw(page), /"page: Sign in" .*serves pages where its API is looked for/);
  const refused = () =>
    Response.json({ error: { message: "no credit for secret-key", code: 402 } });
  await assert.rejects(draw(refused), (error: Error) => {
    assert.match(error.message, /status 200 and says "no credit for \[API key\]"/);
    assert.doesNotMatch(error.message, /tried/);
    return true;
  });
});

Deno.test.each<[string, unknown]>([
  ["FastAPI", { detail: [{ loc: ["body", "top_k"], msg: "Extra inputs are not permitted" }] }],
  ["a gateway", { message: "Extra inputs are not permitted" }],
  ["Ollama", { error: "Extra inputs are not permitted" }],
])("what %s says of a refusal is in the message", async (_name, body) => {
  await assert.rejects(
    draw(() => Response.json(body, { status: 422 })),
    /status 422 .*Extra inputs are not permitted/,
  );
});
