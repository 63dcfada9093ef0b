import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { ProviderError } from "../../lib/core/mod.ts";
import { EndpointPool, Servers, type Transport } from "../../lib/endpoint/mod.ts";
import { VirtualClock } from "./_virtual_clock.ts";

const down = new ProviderError("down", { status: null, isRetryable: true });

function transport(url: string, request: Transport["request"]): Transport {
  return { url: `http://${url}/v1`, request };
}

const read = (_: unknown, url: string) => new URL(url).hostname;

/** An endpoint whose replies are let out one by one. */
function gate(url: string) {
  const waiting: { readonly path: string; readonly resolve: (reply: object) => void }[] = [];
  return {
    waiting,
    transport: transport(url, (path, _, { signal } = {}) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        waiting.push({ path, resolve });
      })),
    /** Answers the oldest request, once all that is under way has arrived. */
    answer: async () => {
      await setImmediate();
      waiting.shift()?.resolve({});
      await setImmediate();
    },
  };
}

Deno.test("EndpointPool asks the least loaded endpoint", async () => {
  const [a, b] = [gate("a"), gate("b")];
  const pool = new EndpointPool([a.transport, b.transport]);
  const replies = Promise.all([1, 2].map(() => pool.request("/", {}, { read })));
  await a.answer();
  await b.answer();
  assert.deepEqual((await replies).sort(), ["a", "b"]);
});

Deno.test("EndpointPool chooses the endpoint when a slot is free, not before", async () => {
  const clock = new VirtualClock();
  const [slow, fast] = [gate("slow"), gate("fast")];
  const pool = new EndpointPool([slow.transport, fast.transport], { clock, concurrency: 1 });
  const replies = [1, 2, 3, 4].map(() => pool.request("/", {}, { read }));
  assert.deepEqual([pool.metrics().running, pool.metrics().waiting], [2, 2]);
  for (let i = 0; i < 3; i++) {
    await fast.answer();
  }
  assert.deepEqual(await Promise.all(replies.slice(1)), ["fast", "fast", "fast"]);
  await slow.answer();
  assert.equal(await replies[0], "slow");
});

Deno.test("EndpointPool repeats a request that failed elsewhere", async () => {
  const clock = new VirtualClock();
  const pool = new EndpointPool([
    transport("a", () => Promise.reject(down)),
    transport("b", () => Promise.resolve({})),
  ], { clock });
  for (let i = 0; i < 3; i++) assert.equal(await clock.run(pool.request("/", {}, { read })), "b");
  assert.deepEqual(pool.metrics().failures, { "no reply": { count: 3, example: "down" } });
});

Deno.test("EndpointPool leaves an endpoint alone that failed too often, looks at it later and takes it back", async () => {
  const clock = new VirtualClock();
  let isUp = false;
  const asked: string[] = [];
  const pool = new EndpointPool([
    transport("a", (path) => {
      asked.push(path);
      return isUp ? Promise.resolve({}) : Promise.reject(down);
    }),
  ], { clock, breaker: { failures: 2, openMs: 1_000 }, retry: { initialDelayMs: 10 } });
  const reply = pool.request("/completions", {}, { read });
  await clock.advance(100);
  assert.equal(pool.metrics().endpoints[0]?.breaker, "open");
  assert.deepEqual(asked, ["/completions", "/completions"]);
  await clock.advance(1_000);
  assert.deepEqual(asked.slice(2), ["/models"]);
  isUp = true;
  assert.equal(await clock.run(reply), "a");
  assert.deepEqual(asked.slice(3), ["/models", "/completions"]);
  assert.equal(pool.metrics().endpoints[0]?.breaker, "closed");
  assert.equal(clock.pending, 0);
});

Deno.test("EndpointPool holds requests back while no endpoint works, and gives up when its patience ends", async () => {
  const clock = new VirtualClock();
  const pool = new EndpointPool([transport("a", () => Promise.reject(down))], {
    clock,
    breaker: { failures: 1 },
    retry: { attempts: 1e6, maxTotalMs: 60_000 },
  });
  const failures = await clock.run(
    Promise.allSettled([1, 2, 3].map(() => pool.request("/", {}, { read }))),
  );
  for (const result of failures) {
    assert.equal(result.status, "rejected");
    assert.match(String(result.reason), /none of http:\/\/a\/v1 has worked for 60 s|down \(tried/);
  }
  assert.ok(clock.now() >= 60_000 && clock.now() < 130_000, `${clock.now()}`);
  assert.ok(pool.metrics().requests < 12, `${pool.metrics().requests} requests to a dead endpoint`);
});

Deno.test("EndpointPool sends nothing to an endpoint for as long as its retry-after asks for", async () => {
  const clock = new VirtualClock();
  const times: number[] = [];
  const busy = new ProviderError("busy", { status: 429, isRetryable: true, retryAfterMs: 5_000 });
  const pool = new EndpointPool([
    transport("a", () => {
      times.push(clock.now());
      return times.length === 1 ? Promise.reject(busy) : Promise.resolve({});
    }),
  ], { clock });
  const replies = [1, 2].map(() => pool.request("/", {}, { read }));
  await clock.settle();
  const late = pool.request("/", {}, { read });
  assert.equal(pool.metrics().endpoints[0]?.pausedMs, 5_000);
  await clock.run(Promise.all([...replies, late]));
  assert.deepEqual(times, [0, 0, 5_000, 5_000]);
});

Deno.test("EndpointPool tries another endpoint where one does not know the model", async () => {
  const clock = new VirtualClock();
  const unknown = new ProviderError("no model", { status: 404, isRetryable: false });
  const wrong = transport("a", () => Promise.reject(unknown));
  const pool = new EndpointPool([wrong, transport("b", () => Promise.resolve({}))], { clock });
  assert.equal(await clock.run(pool.request("/", {}, { read })), "b");
  assert.equal(pool.metrics().endpoints[0]?.breaker, "open");
  const alone = new EndpointPool([wrong], { clock });
  await assert.rejects(alone.request("/", {}, { read }), { message: "no model" });
});

Deno.test("EndpointPool lets endpoints join and leave while it runs", async () => {
  const clock = new VirtualClock();
  const [a, b] = [gate("a"), gate("b")];
  const pool = new EndpointPool([a.transport], { clock, concurrency: 1 });
  const replies = [1, 2, 3].map(() => pool.request("/", {}, { read }));
  pool.add(b.transport);
  pool.add(b.transport);
  assert.deepEqual([pool.metrics().running, pool.metrics().waiting], [2, 1]);
  assert.equal(pool.remove(a.transport.url), true);
  assert.equal(pool.remove(a.transport.url), false);
  await a.answer();
  await b.answer();
  await b.answer();
  assert.deepEqual(await Promise.all(replies), ["a", "b", "b"]);
  pool.remove(b.transport.url);
  const late = pool.request("/", {}, { read });
  pool.add(a.transport);
  await a.answer();
  assert.equal(await clock.run(late), "a");
});

Deno.test("EndpointPool says that nobody has joined", async () => {
  const clock = new VirtualClock();
  const pool = new EndpointPool([gate("a").transport], { clock, retry: { maxTotalMs: 9_000 } });
  pool.remove("http://a/v1");
  await assert.rejects(clock.run(pool.request("/", {}, { read })), {
    message: "Cannot send a request: no endpoint has joined for 9 s",
  });
});

Deno.test("pools of roles that share a server take its slots in turn", async () => {
  const clock = new VirtualClock();
  const shared = gate("a");
  const options = { clock, concurrency: 2, servers: new Servers() };
  const policy = new EndpointPool([shared.transport], options);
  const ppm = new EndpointPool([{ ...shared.transport, url: "http://a/other" }], options);
  const replies = [
    ...Array.from({ length: 6 }, () => policy.request("/completions", {}, { read })),
    ...Array.from({ length: 3 }, () => ppm.request("../pooling", {}, { read })),
  ];
  assert.deepEqual([policy.metrics().running, ppm.metrics().running], [2, 0]);
  assert.deepEqual([policy.metrics().limit, ppm.metrics().limit], [1, 1]);
  const order: string[] = [];
  await setImmediate();
  while (shared.waiting.length > 0) {
    assert.ok(shared.waiting.length <= 2);
    order.push(shared.waiting[0]?.path ?? "");
    await shared.answer();
  }
  await Promise.all(replies);
  const [c, p] = ["/completions", "../pooling"];
  assert.deepEqual(order.slice(2, 8).filter((path) => path === p).length, 3, order.join(" "));
  assert.equal(order.filter((path) => path === c).length, 6);
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

Deno.test("EndpointPool gives the slot back when a caller gives up, waiting or served", async () => {
  const a = gate("a");
  const pool = new EndpointPool([a.transport], { concurrency: 1 });
  const controller = new AbortController();
  const given = [1, 2].map(() => pool.request("/", {}, { read, signal: controller.signal }));
  assert.deepEqual([pool.metrics().running, pool.metrics().waiting], [1, 1]);
  await setImmediate();
  controller.abort(new Error("enough"));
  const ends = await Promise.allSettled(given);
  assert.deepEqual(ends.map((end) => end.status === "rejected" && end.reason.message), [
    "enough",
    "enough",
  ]);
  assert.deepEqual([pool.metrics().running, pool.metrics().waiting], [0, 0]);
  assert.deepEqual(pool.metrics().failures, {});
  const next = pool.request("/", {}, { read });
  a.waiting.splice(0, 1);
  await a.answer();
  assert.equal(await next, "a");
});

Deno.test("EndpointPool watches the queue of a server that shows it", async () => {
  const clock = new VirtualClock();
  const page = "# HELP\nvllm:num_requests_running 20\nvllm:num_requests_waiting 15\n";
  const pool = new EndpointPool([
    transport("a", async (path) => {
      if (path === "../metrics") return page;
      await clock.sleep(1_500);
      return {};
    }),
  ], { clock, asksLoad: true });
  const first = pool.metrics().limit;
  await clock.run(
    Promise.all(Array.from({ length: 1_500 }, () => pool.request("/", {}, { read }))),
  );
  await clock.advance(5_000);
  const { limit, endpoints: [a] } = pool.metrics();
  assert.equal(a?.serverWaiting, 15);
  assert.ok(limit < first && limit >= 8, `limit ${limit}`);
});

Deno.test("EndpointPool shows what it does", async () => {
  const clock = new VirtualClock();
  const pool = new EndpointPool([
    transport("a", async () => {
      await clock.sleep(2_000);
      return {};
    }),
  ], { clock, concurrency: 2 });
  const work = () => ({ tokens: 300, sequenceTokens: 100 });
  const replies = Promise.all([1, 2, 3].map(() => pool.request("/", {}, { read, work })));
  await clock.advance(2_000);
  const { endpoints, ...all } = pool.metrics();
  assert.deepEqual(endpoints, [{
    url: "http://a/v1",
    running: 1,
    limit: 2,
    isAdaptive: false,
    requests: 3,
    failures: 0,
    tokensPerSecond: 600,
    breaker: "closed",
    pausedMs: 0,
    serverWaiting: null,
  }]);
  assert.deepEqual([all.requests, all.running, all.waiting, all.limit], [3, 1, 0, 2]);
  await clock.run(replies);
});

Deno.test("a closed EndpointPool fails whoever waits and leaves no timer", async () => {
  const clock = new VirtualClock();
  const a = gate("a");
  const pool = new EndpointPool([a.transport], { clock, concurrency: 1 });
  const served = pool.request("/", {}, { read });
  const waiting = pool.request("/", {}, { read });
  await pool[Symbol.asyncDispose]();
  await assert.rejects(waiting, { message: "Cannot send a request: the endpoints are closed" });
  await assert.rejects(pool.request("/", {}, { read }), { kind: "closed" });
  await a.answer();
  assert.equal(await served, "a");
  assert.equal(clock.pending, 0);
});

Deno.test("EndpointPool refuses to be empty", () => {
  assert.throws(() => new EndpointPool([]), { message: "Cannot open a pool of no endpoints" });
});

Deno.test("EndpointPool strands no request whose pause ends while slots are being offered", async () => {
  for (let retryAfterMs = 1; retryAfterMs <= 60; retryAfterMs++) {
    let now = 0;
    // Every look at this clock takes a moment, so that each pause ends between two other looks.
    const clock = {
      now: () => ++now,
      sleep: async (ms: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}) => {
        await setImmediate();
        signal?.throwIfAborted();
        now += ms;
      },
    };
    let asked = 0;
    const busy = new ProviderError("busy", { status: 429, isRetryable: true, retryAfterMs });
    const pool = new EndpointPool([
      transport("a", () => asked++ === 0 ? Promise.reject(busy) : Promise.resolve({})),
    ], { clock, retry: { initialDelayMs: 1 } });
    const stranded = (async () => {
      for (let turn = 0; turn < 1000; turn++) await setImmediate();
      return `stranded after a pause of ${retryAfterMs} ms`;
    })();
    assert.equal(await Promise.race([pool.request("/", {}, { read }), stranded]), "a");
  }
});

Deno.test("EndpointPool keeps a session at one endpoint, and sessions apart evenly", async () => {
  const at = (url: string) => transport(url, () => Promise.resolve({}));
  const pool = new EndpointPool(["a", "b", "c"].map(at));
  const homeOf = async (session: string) => await pool.request("/", {}, { read, session });
  const sessions = Array.from({ length: 300 }, (_, i) => `problem/${i}`);
  const homes = new Map<string, string>();
  for (const session of sessions) homes.set(session, await homeOf(session));
  for (const session of sessions) assert.equal(await homeOf(session), homes.get(session));
  for (const url of ["a", "b", "c"]) {
    const share = [...homes.values()].filter((home) => home === url).length;
    assert.ok(share > 70 && share < 130, `${share} of 300 at ${url}`);
  }
  // One that leaves moves its own sessions only; when it is back, they are.
  pool.remove("http://b/v1");
  for (const session of sessions) {
    const home = await homeOf(session);
    if (homes.get(session) !== "b") assert.equal(home, homes.get(session));
  }
  pool.add(at("b"));
  for (const session of sessions) assert.equal(await homeOf(session), homes.get(session));
});

Deno.test("EndpointPool sends a session elsewhere while its endpoint has more than its share", async () => {
  const [a, b] = [gate("a"), gate("b")];
  const pool = new EndpointPool([a.transport, b.transport], { concurrency: 8 });
  const replies = Promise.all(
    Array.from({ length: 8 }, () => pool.request("/", {}, { read, session: "one" })),
  );
  await setImmediate();
  const counts = [a.waiting.length, b.waiting.length].toSorted();
  // 1.25 times the mean, rounded up: 5 of 8.
  assert.deepEqual(counts, [3, 5]);
  for (let i = 0; i < 5; i++) {
    await a.answer();
    await b.answer();
  }
  await replies;
});

Deno.test("EndpointPool gives a free slot to who wants its endpoint, and lets nobody wait for ever", async () => {
  const [a, b] = [gate("a"), gate("b")];
  const at = (url: string) => transport(url, () => Promise.resolve({}));
  const finder = new EndpointPool([at("a"), at("b")]);
  const homes = new Map<string, string[]>([["a", []], ["b", []]]);
  for (let i = 0; i < 40; i++) {
    homes.get(await finder.request("/", {}, { read, session: `${i}` }))?.push(`${i}`);
  }
  const [wantA, wantB] = [homes.get("a") ?? [], homes.get("b") ?? []];
  const pool = new EndpointPool([a.transport, b.transport], { concurrency: 1 });
  const ask = (session = "") => pool.request("/", {}, { read, session });
  const first = [ask(wantA[0]), ask(wantB[0])];
  await setImmediate();
  // In the line: one that wants b at its head, then three that want a. Only a answers.
  const patient = ask(wantB[1]);
  const others = [1, 2, 3].map((i) => ask(wantA[i]));
  for (let i = 0; i < 4; i++) await a.answer();
  // It stood back twice, as many times as there are endpoints, and then went to a.
  assert.equal(await patient, "a");
  assert.deepEqual(await Promise.all(others.slice(0, 2)), ["a", "a"]);
  await b.answer();
  for (let i = 0; i < 3; i++) {
    await a.answer();
    await b.answer();
  }
  await Promise.all([...first, ...others]);
});
