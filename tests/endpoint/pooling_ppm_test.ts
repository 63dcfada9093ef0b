import assert from "node:assert/strict";
import { EndpointPool, openTransport, poolingPpm } from "../../lib/endpoint/mod.ts";
import { scriptedServer } from "./_server.ts";

const row = (index: number, logit: number) => ({ index, data: [logit] });

Deno.test("poolingPpm() scores all texts in one request, without activation, in order", async () => {
  await using server = scriptedServer([
    () => Response.json({ data: [row(1, -2), row(0, 3.5)], usage: { prompt_tokens: 12 } }),
  ]);
  const pool = new EndpointPool([openTransport(server.url)]);
  const ppm = poolingPpm({
    pool,
    model: "p",
    calibration: { bias: 0, scale: 1 },
    findings: {},
    price: { input: 1_000_000, output: 0 },
  });
  const reply = await ppm.score(["a", "b"]);
  assert.deepEqual(reply.logits, [3.5, -2]);
  assert.deepEqual([reply.promptTokens, reply.price], [12, 12]);
  assert.equal(server.seen[0]?.path, "/pooling");
  assert.deepEqual(server.seen[0]?.body, { model: "p", input: ["a", "b"], use_activation: false });
  assert.deepEqual((await ppm.score([])).logits, []);
  assert.equal(server.seen.length, 1);
});

Deno.test("poolingPpm() never takes a missing score for a score", async () => {
  await using server = scriptedServer([
    () => Response.json({ data: [row(0, 1)], usage: { prompt_tokens: 1 } }),
  ]);
  const pool = new EndpointPool([openTransport(server.url)], { retry: { attempts: 1 } });
  const ppm = poolingPpm({ pool, model: "p", calibration: { bias: 0, scale: 1 }, findings: {} });
  await assert.rejects(ppm.score(["a", "b"]), /expected one score for each of 2 texts, got 1/);
});

Deno.test("poolingPpm() estimates the tokens of a server that counts none, and says so", async () => {
  await using server = scriptedServer([() => Response.json({ data: [row(0, 1)] })]);
  const pool = new EndpointPool([openTransport(server.url)]);
  const ppm = poolingPpm({ pool, model: "p", calibration: { bias: 0, scale: 1 }, findings: {} });
  const reply = await ppm.score(["123456"]);
  assert.deepEqual([reply.promptTokens, reply.tokensAreEstimated], [2, true]);
  assert.equal(pool.metrics().quirks["no usage"]?.count, 1);
});
