import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { policyPrompt, STOP_STRINGS } from "../../lib/core/mod.ts";
import { type Engine, startEmbeddedEngine } from "../../lib/engine/mod.ts";
import { INTERPRETER, makeModels, missingModels, modelTest, runScript } from "./_models.ts";

const STARTER = fileURLToPath(new URL("../../fixtures/starter/base", import.meta.url));

let models = "";

Deno.test.beforeAll(async () => {
  if (missingModels === null) models = await makeModels();
});

Deno.test.afterAll(async () => {
  if (models !== "") await Deno.remove(models, { recursive: true });
});

const Reply = z.object({
  choices: z.array(z.object({
    text: z.string(),
    finish_reason: z.string(),
    token_ids: z.array(z.int()),
    logprobs: z.object({
      text_offset: z.array(z.int()),
      token_logprobs: z.array(z.number()),
      tokens: z.array(z.string()),
      top_logprobs: z.array(z.record(z.string(), z.number())),
    }),
  })),
});

const Reference = z.array(z.array(
  z.tuple([z.number(), z.array(z.int()), z.array(z.number())]),
));

async function post(engine: Engine, route: string, body: unknown): Promise<Response> {
  return await fetch(`${engine.url}${route}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function drawn(engine: Engine, body: Readonly<Record<string, unknown>>) {
  const asked = { logprobs: 8, return_token_ids: true, skip_special_tokens: false, ...body };
  const response = await post(engine, "/v1/completions", asked);
  return Reply.parse(await response.json()).choices;
}

async function tokenized(engine: Engine, prompt: string) {
  const reply: unknown = await (await post(engine, "/tokenize", { prompt })).json();
  const { tokens, count } = z.object({ tokens: z.array(z.int()), count: z.int() }).parse(reply);
  assert.equal(tokens.length, count);
  return tokens;
}

/** Largest difference to transformers, of the generated tokens and of their alternatives. */
async function largestGap(
  folder: string,
  asked: readonly { readonly prompt: readonly number[]; readonly choice: Choice }[],
): Promise<number> {
  const input = asked.map(({ prompt, choice }) => [prompt, choice.token_ids]);
  const printed = await runScript("reference.py", ["logprobs", folder], JSON.stringify(input));
  const reference = Reference.parse(JSON.parse(printed));
  let largest = 0;
  asked.forEach(({ choice }, i) => {
    const places = reference[i] ?? [];
    assert.equal(places.length, choice.token_ids.length);
    places.forEach(([own, ids, values], at) => {
      const top = new Map(Object.entries(choice.logprobs.top_logprobs[at] ?? {}));
      const gaps = [Math.abs(own - (choice.logprobs.token_logprobs[at] ?? NaN))];
      for (const [rank, id] of ids.slice(0, 8).entries()) {
        const expected = values[rank] ?? NaN;
        const found = top.get(`token_id:${id}`);
        // Of tokens that are as likely to the last digit any may be the eighth.
        if (found === undefined) assert.ok(expected - (values[8] ?? NaN) < 1e-4);
        else gaps.push(Math.abs(found - expected));
      }
      gaps.forEach((gap) => assert.ok(gap < 1e-4, `${gap} at token ${at} of choice ${i}`));
      largest = Math.max(largest, ...gaps);
    });
  });
  return largest;
}

type Choice = z.infer<typeof Reply>["choices"][number];

modelTest("log-probabilities are those of transformers, whatever the temperature", async () => {
  await using engine = await startEmbeddedEngine({ interpreter: INTERPRETER, policy: STARTER });
  const questions = ["What is 3 + 4?", "Tom has 3 apples and buys 12 more. How many has he?"];
  const asked: { prompt: readonly number[]; choice: Choice }[] = [];
  for (const [i, question] of questions.entries()) {
    const prompt = policyPrompt(question);
    const ids = await tokenized(engine, prompt);
    // At once, so that rows of different lengths and wishes share a batch.
    const replies = await Promise.all([1, 0.5, 0].map((temperature) =>
      drawn(engine, {
        prompt,
        n: 4,
        seed: i,
        temperature,
        top_p: temperature === 0.5 ? 0.8 : 1,
        max_tokens: 96,
        stop: STOP_STRINGS,
        include_stop_str_in_output: true,
        return_tokens_as_token_ids: true,
      })
    ));
    for (const choice of replies.flat()) asked.push({ prompt: ids, choice });
  }
  assert.equal(asked.length, 24);
  for (const { choice: { token_ids, logprobs } } of asked) {
    assert.deepEqual(logprobs.tokens, token_ids.map((id) => `token_id:${id}`));
    logprobs.top_logprobs.forEach((top, at) => {
      // The drawn token and eight others, or eight with the drawn one among them.
      assert.ok([8, 9].includes(Object.keys(top).length));
      assert.equal(top[`token_id:${token_ids[at]}`], logprobs.token_logprobs[at]);
    });
  }
  assert.ok(await largestGap(STARTER, asked) > 0);
});

modelTest("tokens as a prompt are what their text is, and a forced token goes before", async () => {
  await using engine = await startEmbeddedEngine({ interpreter: INTERPRETER, policy: STARTER });
  const prompt = policyPrompt("What is 3 + 4?");
  const ids = await tokenized(engine, prompt);
  const seeded = { n: 4, seed: 3, max_tokens: 24, return_tokens_as_token_ids: true };
  const byText = await drawn(engine, { prompt, ...seeded });
  // The second prompt is computed behind what is known of the first: sums in another order.
  const byIds = await drawn(engine, { prompt: ids, ...seeded });
  assert.deepEqual(byIds.map(({ token_ids }) => token_ids), byText.map((one) => one.token_ids));
  // An unlikely token, so that what follows is no repetition.
  const [first] = byText;
  assert.ok(first);
  const forced = Object.keys(first.logprobs.top_logprobs[0] ?? {}).at(-1)?.slice(9);
  const prefix = [...ids, Number(forced)];
  const behind = await drawn(engine, { prompt: [prefix, ids], ...seeded, n: 2 });
  assert.equal(behind.length, 4);
  const asked = behind.map((choice, i) => ({ prompt: i < 2 ? prefix : ids, choice }));
  await largestGap(STARTER, asked);
});

modelTest("log-probabilities name tokens by text, and texts come from tokens", async () => {
  await using engine = await startEmbeddedEngine({
    interpreter: INTERPRETER,
    policy: join(models, "qwen2"),
  });
  const choices = await drawn(engine, { prompt: "ab", n: 64, seed: 1, max_tokens: 32 });
  const alone = (tokens: readonly number[]) =>
    post(engine, "/detokenize", { tokens }).then((reply) => reply.json());
  for (const { text, token_ids, logprobs } of choices) {
    const pieces = logprobs.tokens.join("");
    if (!pieces.includes("\uFFFD")) {
      assert.ok(pieces === text || pieces === `${text}</s>`, `${pieces}\n${text}`);
      assert.deepEqual(await alone(token_ids), { prompt: pieces });
    }
    let offset = 0;
    logprobs.tokens.forEach((token, at) => {
      assert.equal(logprobs.text_offset[at], offset);
      offset += [...token].length;
    });
  }
  // None that are asked for: the drawn token alone.
  const [bare] = await drawn(engine, { prompt: "ab", logprobs: 0, max_tokens: 4, seed: 1 });
  for (const top of bare?.logprobs.top_logprobs ?? []) assert.equal(Object.keys(top).length, 1);

  const refused = async (body: unknown) => {
    const reply: unknown = await (await post(engine, "/v1/completions", body)).json();
    return z.object({ error: z.object({ message: z.string() }) }).parse(reply).error.message;
  };
  assert.equal(await refused({ prompt: [1, 262] }), "Token id 262 is out of vocabulary");
  assert.match(
    await refused({ prompt: "a", logprobs: 21 }),
    /^logprobs: .*less than or equal to 20/,
  );
  assert.match(await refused({ prompt: [-1] }), /greater than or equal to 0/);
  assert.equal(await refused({ prompt: [[]] }), "The prompt cannot be empty: it has no tokens");
});
