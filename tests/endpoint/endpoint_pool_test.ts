import assert from "node:assert/strict";
import { ProviderError } from "../../lib/core/mod.ts";
import { EndpointPool, type Transport } from "../../lib/endpoint/mod.ts";

const down = new ProviderError("down", { status: null, isRetryable: true });

function transport(url: string, request: Transport["request"]): Transport {
  return { url, request };
}

const read = (_: unknown, url: string) => url;

Deno.test("EndpointPool asks the least loaded endpoint", async () => {
  const release = Promise.withResolvers<object>();
  const pool = new EndpointPool([
    transport("a", () => release.promise),
    transport("b", () => release.promise),
  ]);
  const replies = Promise.all([1, 2].map(() => pool.request("/", {}, { read })));
  release.resolve({});
  assert.deepEqual((await replies).sort(), ["a", "b"]);
});

Deno.test("EndpointPool leaves an endpoint that failed alone while another one is there", async () => {
  let now = 0;
  const pool = new EndpointPool([
    transport("a", () => Promise.reject(down)),
    transport("b", () => Promise.resolve({})),
  ], { now: () => now, avoidMs: 100, retry: { sleep: () => Promise.resolve() } });
  assert.equal(await pool.request("/", {}, { read }), "b");
  assert.equal(await pool.request("/", {}, { read }), "b");
  assert.equal(pool.metrics().requests, 3);
  now = 101;
  assert.equal(await pool.request("/", {}, { read }), "b");
  assert.equal(pool.metrics().requests, 5);
});

Deno.test("EndpointPool holds no more requests than its concurrency", async () => {
  let running = 0;
  let most = 0;
  const pool = new EndpointPool([
    transport("a", async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      return {};
    }),
  ], { concurrency: 3 });
  await Promise.all(Array.from({ length: 20 }, () => pool.request("/", {}, { read })));
  assert.equal(most, 3);
});

Deno.test("EndpointPool refuses to be empty", () => {
  assert.throws(() => new EndpointPool([]), { message: "Cannot open a pool of no endpoints" });
});
