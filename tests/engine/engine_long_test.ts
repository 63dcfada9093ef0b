import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { InfrastructureError, UsageError } from "../../lib/core/mod.ts";
import { openTransport } from "../../lib/endpoint/mod.ts";
import { type Engine, startEmbeddedEngine } from "../../lib/engine/mod.ts";
import { startProcess } from "../../lib/process/mod.ts";
import { INTERPRETER, makeModels, missingModels, modelTest, runScript } from "./_models.ts";

const Completions = z.strictObject({
  id: z.string(),
  object: z.literal("text_completion"),
  created: z.number(),
  model: z.string(),
  choices: z.array(z.strictObject({
    index: z.number(),
    text: z.string(),
    logprobs: z.strictObject({
      text_offset: z.array(z.int()),
      token_logprobs: z.array(z.number()),
      tokens: z.array(z.string()),
      top_logprobs: z.array(z.record(z.string(), z.number())),
    }).nullable(),
    finish_reason: z.enum(["stop", "length"]),
    stop_reason: z.string().nullable(),
    token_ids: z.array(z.number()).nullable(),
  })),
  usage: z.strictObject({
    prompt_tokens: z.number(),
    completion_tokens: z.number(),
    total_tokens: z.number(),
  }),
});

const Pooling = z.object({
  data: z.array(z.strictObject({
    index: z.number(),
    object: z.literal("pooling"),
    data: z.tuple([z.number()]),
  })),
  usage: z.object({ prompt_tokens: z.number() }),
});

const Failure = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.number(),
  }),
});

let models = "";

Deno.test.beforeAll(async () => {
  if (missingModels === null) models = await makeModels();
});

Deno.test.afterAll(async () => {
  if (models !== "") await Deno.remove(models, { recursive: true });
});

async function post(engine: Engine, route: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${engine.url}${route}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return await response.json();
}

async function complete(engine: Engine, body: Record<string, unknown>) {
  return Completions.parse(await post(engine, "/v1/completions", body));
}

async function refusal(engine: Engine, route: string, body: unknown) {
  return Failure.parse(await post(engine, route, body)).error;
}

async function score(engine: Engine, input: readonly string[], useActivation?: boolean) {
  const reply = await post(engine, "/pooling", { input, use_activation: useActivation });
  return Pooling.parse(reply).data.map((row) => row.data[0]);
}

async function greedyOfTransformers(folder: string, texts: readonly string[]) {
  const printed = await runScript("reference.py", ["greedy", folder], JSON.stringify(texts));
  return z.array(z.array(z.number())).parse(JSON.parse(printed));
}

async function metric(engine: Engine, line: string): Promise<number> {
  const text = await (await fetch(`${engine.url}/metrics`)).text();
  const found = text.split("\n").find((l) => l.startsWith(`${line} `));
  assert.ok(found, `no ${line} in:\n${text}`);
  return Number(found.split(" ").at(-1));
}

modelTest("startEmbeddedEngine() serves vLLM's routes over a policy and a PPM", async () => {
  const progress: string[] = [];
  await using engine = await startEmbeddedEngine({
    interpreter: INTERPRETER,
    policy: join(models, "qwen2"),
    ppm: join(models, "ppm"),
    servedNames: { policy: "pol" },
    onProgress: (message) => progress.push(message),
  });
  assert.deepEqual(progress, [
    "engine: starting",
    `engine: loading the policy ${join(models, "qwen2")}`,
    `engine: loading the PPM ${join(models, "ppm")}`,
  ]);
  assert.equal(engine.policy?.name, "pol");
  assert.equal(engine.policy.maxLength, 512);
  assert.equal(engine.ppm?.name, "ppm");

  // Routes.
  const health = await fetch(`${engine.url}/health`);
  await health.body?.cancel();
  assert.equal(health.status, 200);
  const served = z.object({
    object: z.literal("list"),
    data: z.array(z.object({
      id: z.string(),
      max_model_len: z.number(),
      end_token_ids: z.array(z.int()),
    })),
  }).parse(await (await fetch(`${engine.url}/v1/models`)).json());
  const facts = { max_model_len: 512, end_token_ids: [256] };
  assert.deepEqual(served.data, [{ id: "pol", ...facts }, { id: "ppm", ...facts }]);

  // n choices of several prompts, in order; usage.
  const drawn = await complete(engine, {
    model: "pol",
    prompt: ["abc", "defgh"],
    n: 3,
    max_tokens: 5,
    return_token_ids: true,
  });
  assert.deepEqual(drawn.choices.map((c) => c.index), [0, 1, 2, 3, 4, 5]);
  assert.equal(drawn.usage.prompt_tokens, 8);
  const counted = drawn.choices.reduce((sum, c) => sum + (c.token_ids?.length ?? NaN), 0);
  assert.equal(drawn.usage.completion_tokens, counted);
  assert.equal(drawn.usage.total_tokens, counted + 8);
  assert.equal(await metric(engine, 'vllm:generation_tokens_total{model_name="pol"}'), counted);
  assert.equal(await metric(engine, 'vllm:num_requests_running{model_name="pol"}'), 0);
  assert.equal(await metric(engine, 'vllm:num_requests_waiting{model_name="pol"}'), 0);

  // A seed gives the same texts again, and choices that differ from one another.
  const seeded = { prompt: "seed", n: 4, max_tokens: 24, seed: 7, skip_special_tokens: false };
  const texts = (await complete(engine, seeded)).choices.map((c) => c.text);
  assert.deepEqual((await complete(engine, seeded)).choices.map((c) => c.text), texts);
  assert.equal(new Set(texts).size, 4);
  assert.notDeepEqual(
    (await complete(engine, { ...seeded, seed: 8 })).choices.map((c) => c.text),
    texts,
  );

  // Scores are transformers' logits; a long common prefix, computed once, changes nothing.
  const prefix = "A common beginning that is longer than thirty-two tokens of bytes. ";
  const inputs = [`${prefix}a`, `${prefix}bc`, `${prefix}`, `${prefix}a much longer tail`];
  const expected = z.array(z.number()).parse(
    JSON.parse(
      await runScript("reference.py", ["score", join(models, "ppm")], JSON.stringify(inputs)),
    ),
  );
  const logits = await score(engine, inputs, false);
  logits.forEach((logit, i) => assert.ok(Math.abs(logit - (expected[i] ?? NaN)) < 1e-4));
  const alone = await Promise.all(inputs.map((text) => score(engine, [text], false)));
  alone.forEach(([logit], i) => assert.ok(Math.abs((logit ?? NaN) - (expected[i] ?? NaN)) < 1e-4));
  // The same texts again are computed behind what is known of them: sums in another order.
  const squashed = await score(engine, inputs);
  squashed.forEach((value, i) =>
    assert.ok(Math.abs(value - 1 / (1 + Math.exp(-(logits[i] ?? NaN)))) < 1e-5)
  );
});

modelTest(
  "startEmbeddedEngine() continues as transformers' generate at temperature 0",
  async () => {
    const texts = ["x", "a prompt of another length", "y".repeat(70), "once more, with feeling"];
    for (const name of ["qwen2", "neox", "starter"]) {
      const folder = join(models, name);
      const expected = await greedyOfTransformers(folder, texts);
      await using engine = await startEmbeddedEngine({ interpreter: INTERPRETER, policy: folder });
      assert.equal(engine.ppm, null);
      // All at once, so that rows of different lengths share a batch and leave it at different times.
      const replies = await Promise.all(texts.map((prompt) =>
        complete(engine, {
          prompt,
          n: 2,
          temperature: 0,
          max_tokens: 24,
          return_token_ids: true,
        })
      ));
      replies.forEach((reply, i) => {
        for (const choice of reply.choices) assert.deepEqual(choice.token_ids, expected[i]);
      });
    }
  },
);

modelTest("startEmbeddedEngine() ends texts where vLLM does", async () => {
  await using engine = await startEmbeddedEngine({
    interpreter: INTERPRETER,
    policy: join(models, "qwen2"),
  });
  // Random weights: draw until enough texts hold the special token by chance.
  const base = { prompt: "stops", n: 256, max_tokens: 64, seed: 1, skip_special_tokens: false };
  const special = "<end_of_step>";
  const kept = await complete(engine, {
    ...base,
    stop: [special],
    include_stop_str_in_output: true,
  });
  const stopped = kept.choices.filter((c) => c.stop_reason === special);
  assert.ok(stopped.length > 0);
  for (const choice of stopped) {
    assert.equal(choice.finish_reason, "stop");
    assert.equal(choice.text.indexOf(special), choice.text.length - special.length);
  }
  const ended = kept.choices.filter((c) => c.finish_reason === "stop" && c.stop_reason === null);
  assert.ok(ended.length > 0);
  for (const choice of ended) assert.ok(choice.text.endsWith("</s>"));
  for (const choice of kept.choices.filter((c) => c.finish_reason === "length")) {
    assert.ok(!choice.text.includes(special));
  }

  const cut = await complete(engine, { ...base, stop: special });
  cut.choices.forEach((choice, i) => {
    assert.equal(choice.stop_reason, kept.choices[i]?.stop_reason);
    assert.ok(!choice.text.includes(special) && !choice.text.includes("</s>"));
  });

  // Skipped special tokens leave no text, so they stop nothing.
  const skipped = await complete(engine, { ...base, stop: [special], skip_special_tokens: true });
  assert.ok(skipped.choices.every((c) => c.stop_reason === null && !c.text.includes(special)));

  // Text of several tokens.
  const free = await complete(engine, base);
  const sample = free.choices.find((c) => /^[ -~]{3}/.test(c.text))?.text ?? "";
  const stop = sample.slice(1, 3);
  assert.equal(stop.length, 2);
  const byText = await complete(engine, { ...base, stop: [stop] });
  const found = byText.choices.filter((c) => c.stop_reason === stop);
  assert.ok(found.length > 0);
  byText.choices.forEach((choice, i) => {
    const whole = free.choices[i]?.text ?? "";
    if (choice.stop_reason === stop) assert.equal(choice.text, whole.split(stop)[0]);
    else assert.ok(!choice.text.includes(stop));
  });
});

modelTest("startEmbeddedEngine() refuses what it cannot do, in vLLM's words", async () => {
  await using engine = await startEmbeddedEngine({
    interpreter: INTERPRETER,
    policy: join(models, "qwen2"),
  });
  assert.deepEqual(await refusal(engine, "/v1/completions", { model: "other", prompt: "a" }), {
    message: "The model `other` does not exist.",
    type: "NotFoundError",
    param: "model",
    code: 404,
  });
  assert.equal((await refusal(engine, "/pooling", { input: ["a"] })).code, 404);
  assert.deepEqual(
    await refusal(engine, "/v1/completions", { prompt: "secret", max_tokens: 600 }),
    {
      message: "This model's maximum context length is 512 tokens. However, you requested 606 " +
        "tokens (6 in the prompt, 600 in the completion). Please reduce the length of the prompt " +
        "or the completion.",
      type: "BadRequestError",
      param: null,
      code: 400,
    },
  );
  const bad: readonly [Record<string, unknown>, string][] = [
    [{ temperature: -1 }, "temperature: Input should be greater than or equal to 0"],
    [{ top_p: 0 }, "top_p: Input should be greater than 0"],
    [{ n: 0 }, "n: Input should be greater than or equal to 1"],
    [{ stream: true }, "stream: Input should be False"],
    [{ best_of: 3 }, "best_of: Extra inputs are not permitted"],
  ];
  for (const [fields, message] of bad) {
    const error = await refusal(engine, "/v1/completions", { prompt: "secret", ...fields });
    assert.deepEqual(error, {
      message,
      type: "BadRequestError",
      param: Object.keys(fields)[0],
      code: 400,
    });
  }
  assert.equal(
    (await refusal(engine, "/v1/completions", { prompt: "" })).message,
    "The prompt cannot be empty: it has no tokens",
  );
});

modelTest("startEmbeddedEngine() frees the rows of a client that went away", async () => {
  await using engine = await startEmbeddedEngine({
    interpreter: INTERPRETER,
    policy: join(models, "starter"),
  });
  const abort = new AbortController();
  const pending = fetch(`${engine.url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: "long", n: 64, max_tokens: 4000 }),
    signal: abort.signal,
  });
  while (await metric(engine, 'vllm:num_requests_running{model_name="policy"}') === 0);
  abort.abort();
  await assert.rejects(pending, { name: "AbortError" });
  while (await metric(engine, 'vllm:num_requests_running{model_name="policy"}') > 0);
  assert.ok(await metric(engine, 'vllm:generation_tokens_total{model_name="policy"}') < 64 * 4000);
});

modelTest("an engine that computes is seen to, and one that stands still is given up", async () => {
  await using engine = await startEmbeddedEngine({
    interpreter: INTERPRETER,
    policy: join(models, "starter"),
  });
  const workDone = () => metric(engine, 'rstar:work_done_total{model_name="policy"}');
  const transport = openTransport(engine.url, { deadlineMs: 2000, watchesProgress: true });
  const abort = new AbortController();
  const body = { prompt: "long", n: 64, max_tokens: 4000 };
  const given = transport.request("/completions", body, { signal: abort.signal });
  const ended = assert.rejects(given, { name: "AbortError" });
  // It moves within one request, long before its reply.
  for (let moves = 0, last = await workDone(); moves < 3;) {
    const now = await workDone();
    if (now > last) moves++;
    last = now;
  }
  abort.abort();
  await ended;
  Deno.kill(engine.pid, "SIGSTOP");
  await assert.rejects(transport.request("/completions", body), { kind: "stalled" });
});

modelTest("Engine.ended settles with the reason when the process dies", async () => {
  await using engine = await startEmbeddedEngine({
    interpreter: INTERPRETER,
    policy: join(models, "qwen2"),
  });
  Deno.kill(engine.pid, "SIGKILL");
  const death = await engine.ended;
  assert.ok(death instanceof InfrastructureError);
  assert.equal(
    death.message,
    "The engine ended: signal SIGKILL; the system may be out of memory; it printed nothing",
  );
});

modelTest("startEmbeddedEngine() says what is wrong with a checkpoint", async () => {
  const broken = join(models, "broken");
  await Deno.mkdir(broken);
  await Deno.writeTextFile(join(broken, "config.json"), '{"model_type": "nonesuch"}');
  await assert.rejects(
    startEmbeddedEngine({ interpreter: INTERPRETER, policy: broken }),
    (error) =>
      error instanceof UsageError &&
      error.message.startsWith(`Cannot load the checkpoint "${broken}": `),
  );
  const policy = join(models, "qwen2");
  await assert.rejects(
    startEmbeddedEngine({ interpreter: INTERPRETER, ppm: policy }),
    (error) =>
      error instanceof UsageError &&
      error.message ===
        `Cannot load the checkpoint "${policy}" as Qwen2ForSequenceClassification: its weights lack score.weight`,
  );
  await assert.rejects(
    startEmbeddedEngine({ interpreter: INTERPRETER, policy, startTimeoutMs: 50 }),
    new InfrastructureError(
      "engine",
      "Cannot start the engine: not ready after 0.05 s; it printed nothing",
    ),
  );
});

modelTest("startEmbeddedEngine() leaves no process when the harness is killed", async () => {
  const script = join(models, "harness.ts");
  const room = new URL("../../lib/engine/mod.ts", import.meta.url).href;
  await Deno.writeTextFile(
    script,
    `import { startEmbeddedEngine } from ${JSON.stringify(room)};
     const engine = await startEmbeddedEngine(${
      JSON.stringify({ interpreter: INTERPRETER, policy: join(models, "qwen2") })
    });
     console.log(engine.pid, engine.url);
     await engine.ended;`,
  );
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const home = Deno.env.get("HOME");
  await using harness = startProcess(
    Deno.execPath(),
    ["run", "-A", "--no-lock", "--config", config, script],
    { env: home === undefined ? {} : { HOME: home } },
  );
  const reader = harness.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  const [pid, url] = new TextDecoder().decode(value).trim().split(" ");
  const health = await fetch(`${url}/health`);
  await health.body?.cancel();
  harness.kill();
  await harness.status;
  while (await isRunning(Number(pid)));
});

/** A zombie that nobody has reaped yet has ended as well. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    return !stat.includes(") Z ");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
