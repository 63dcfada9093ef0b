/** Tests of the request that takes the place of one that had no reply in time: never the same. */
import assert from "node:assert/strict";
import {
  completionsPolicy,
  EndpointPool,
  openTransport,
  poolingPpm,
  type SampleRequest,
} from "../../lib/endpoint/mod.ts";
import { type Answer, completions, type ScriptedServer, scriptedServer } from "./_server.ts";
import { VirtualClock } from "./_virtual_clock.ts";

const request: SampleRequest = {
  prompt: "1 + 1",
  n: 2,
  stop: ["<end_of_step>"],
  temperature: 1,
  topP: 1,
  seed: 7,
  maxTokens: 2048,
};

/** A server that says nothing to the first requests, for as long as they are waited for. */
function silentFirst(times: number, answer: Answer) {
  const clock = new VirtualClock();
  const silence = Promise.withResolvers<Response>();
  const server = scriptedServer([
    ...Array.from({ length: times }, () => () => {
      void clock.advance(180_000);
      return silence.promise;
    }),
    answer,
  ]);
  const pool = new EndpointPool([openTransport(server.url, { clock, deadlineMs: 180_000 })]);
  return {
    server,
    pool,
    policy: completionsPolicy({ pool, model: "m", sendsSeed: true, findings: {} }),
    ppm: poolingPpm({ pool, model: "p", calibration: { bias: 0, scale: 1 }, findings: {} }),
    [Symbol.asyncDispose]: async () => {
      silence.resolve(new Response());
      await server[Symbol.asyncDispose]();
    },
  };
}

const field = ({ seen }: ScriptedServer, name: string) => seen.map(({ body }) => body[name]);

const whole = () => completions(["a<end_of_step>", "b<end_of_step>"]);
const looped = () =>
  completions(["a<end_of_step>", "and and and"], { finish_reason: "length", stop_reason: null });

Deno.test("a draw that had no reply in time is asked for again with half the tokens", async () => {
  await using world = silentFirst(2, whole);
  const reply = await world.policy.sample(request);
  assert.deepEqual(field(world.server, "max_tokens"), [2048, 1024, 512]);
  assert.deepEqual(reply.completions.map(({ text }) => text), ["a<end_of_step>", "b<end_of_step>"]);
  // What ended by itself is what it would have been.
  assert.equal(reply.cutShort, undefined);
  assert.equal(world.pool.metrics().failures["no reply in time"]?.count, 2);
});

Deno.test("a draw that had no reply in time four times is given up", async () => {
  await using world = silentFirst(9, whole);
  await assert.rejects(
    world.policy.sample(request),
    /no reply in time \(180 s\) \(tried 4 times\)/,
  );
  assert.deepEqual(field(world.server, "max_tokens"), [2048, 1024, 512, 256]);
});

Deno.test("a search takes a text that is cut at fewer tokens, and it is counted", async () => {
  await using world = silentFirst(1, looped);
  const reply = await world.policy.sample(request, { acceptsShorter: true });
  assert.deepEqual(reply.completions.map(({ finishReason }) => finishReason), [
    ...["stop_string", "length"],
  ]);
  assert.equal(reply.cutShort, 1);
});

Deno.test("a measurement takes no text that is cut at fewer tokens: a slow machine is no wrong answer", async () => {
  await using world = silentFirst(1, looped);
  await assert.rejects(world.policy.sample(request), {
    name: "ProviderError",
    kind: "too slow",
    message:
      `Cannot use the reply of ${world.server.url}: 2048 tokens take longer than --request-timeout allows, and with 1024 the text ` +
      "is not whole; raise --request-timeout",
  });
  assert.equal(world.server.seen.length, 2);
});

Deno.test("scores that had no reply in time are asked for in halves, a single one once more", async () => {
  await using world = silentFirst(2, ({ body }) => {
    const texts = body["input"] as readonly string[];
    const data = texts.map((text, index) => ({ index, data: [text.length] }));
    return Response.json({ data, usage: { prompt_tokens: texts.length } });
  });
  const { logits, promptTokens } = await world.ppm.score(["a", "bb", "ccc"]);
  assert.deepEqual([logits, promptTokens], [[1, 2, 3], 3]);
  assert.deepEqual(field(world.server, "input"), [
    ["a", "bb", "ccc"],
    ["a", "bb"],
    ["a"],
    ["bb"],
    ["ccc"],
  ]);
  await using dead = silentFirst(9, whole);
  await assert.rejects(dead.ppm.score(["a"]), /no reply in time \(180 s\) \(tried 2 times\)/);
});
