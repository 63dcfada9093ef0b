/** Every fault between client and endpoint is repeated and counted, and never becomes a value. */
import assert from "node:assert/strict";
import {
  type Completion,
  completionsPolicy,
  EndpointPool,
  openTransport,
  poolingPpm,
  type SampleRequest,
} from "../../lib/endpoint/mod.ts";
import { ProviderError, STOP_STRINGS } from "../../lib/core/mod.ts";
import { modelServer } from "../endpoint/_model_server.ts";
import { VirtualClock } from "../endpoint/_virtual_clock.ts";
import { type Fault, FAULTS, type FaultyProxy, startFaultyProxy } from "./proxy.ts";

const REQUEST: SampleRequest = {
  prompt: "1 + 1",
  n: 4,
  stop: STOP_STRINGS,
  temperature: 1,
  topP: 1,
  maxTokens: 40,
  seed: 3,
};
const TEXTS = ["a", "a longer text that is longer than twenty", "b"];

/** How each fault is counted; `quirk` is no failure: what came is used, the rest is asked for again. */
const KINDS: Readonly<Record<Fault, { readonly policy: string; readonly ppm: string }>> = {
  reset: { policy: "connection lost", ppm: "connection lost" },
  dies_half_way: { policy: "connection lost", ppm: "connection lost" },
  status_429: { policy: "status 429", ppm: "status 429" },
  status_500: { policy: "status 500", ppm: "status 500" },
  status_503: { policy: "status 503", ppm: "status 503" },
  html: { policy: "no JSON", ppm: "no JSON" },
  truncated_json: { policy: "no JSON", ppm: "no JSON" },
  fewer_choices: { policy: "quirk: n not honoured", ppm: "invalid reply" },
  no_choices: { policy: "no choices", ppm: "invalid reply" },
  unreadable_choices: { policy: "invalid reply", ppm: "invalid reply" },
  huge: { policy: "reply too long", ppm: "reply too long" },
  silence: { policy: "no reply in time", ppm: "no reply in time" },
};

/** A client whose deadlines pass when a request is met with silence, and never else. */
function clientOf(proxy: FaultyProxy, deadlines: VirtualClock, attempts = 4) {
  const pool = new EndpointPool([
    openTransport(proxy.url, { clock: deadlines, deadlineMs: 60_000, maxReplyBytes: 4 << 20 }),
  ], { retry: { attempts, initialDelayMs: 1 }, breaker: { openMs: 1 } });
  const calibration = { bias: 0, scale: 1 };
  return {
    pool,
    policy: completionsPolicy({ pool, model: "policy", sendsSeed: true, findings: {} }),
    ppm: poolingPpm({ pool, model: "ppm", calibration, findings: {} }),
  };
}

/** Strips the token counts from completions: how tokens are shared out depends on the requests that it took. */
function said(completions: readonly Completion[]) {
  return completions.map(({ tokens: _, ...rest }) => rest);
}

function counted({ failures, quirks }: ReturnType<EndpointPool["metrics"]>): string[] {
  return [...Object.keys(failures), ...Object.keys(quirks).map((kind) => `quirk: ${kind}`)];
}

for (const fault of FAULTS) {
  Deno.test(`${fault}: a policy's reply is what it is without the fault, and the fault is counted`, async () => {
    await using server = modelServer();
    const deadlines = new VirtualClock();
    await using direct = await startFaultyProxy({ target: server.url });
    const truth = await clientOf(direct, deadlines).policy.sample(REQUEST);
    await using proxy = await startFaultyProxy({
      target: server.url,
      plan: [fault, fault],
      onFault: (one) => void (one === "silence" && deadlines.advance(60_000)),
    });
    const { policy, pool } = clientOf(proxy, deadlines);
    const reply = await policy.sample(REQUEST);
    assert.deepEqual(said(reply.completions), said(truth.completions));
    const metrics = pool.metrics();
    assert.deepEqual(counted(metrics), [KINDS[fault].policy]);
    for (const { example } of Object.values(metrics.failures)) {
      assert.match(example, /^Cannot (get a reply from|use the reply of) http:\S+: ./);
    }
    assert.deepEqual([metrics.running, metrics.waiting, deadlines.pending], [0, 0, 0]);
  });

  Deno.test(`${fault}: a PPM's scores are what they are without the fault, and the fault is counted`, async () => {
    await using server = modelServer({ activation: "asked" });
    const deadlines = new VirtualClock();
    await using proxy = await startFaultyProxy({
      target: server.url,
      plan: [fault, fault],
      onFault: (one) => void (one === "silence" && deadlines.advance(60_000)),
    });
    const { ppm, pool } = clientOf(proxy, deadlines);
    const { logits } = await ppm.score(TEXTS);
    assert.deepEqual(logits, TEXTS.map((text) => text.length - 20));
    assert.deepEqual(counted(pool.metrics()), [KINDS[fault].ppm]);
  });
}

Deno.test("a fault that does not end is an infrastructure failure that says what, where and how often", async () => {
  await using server = modelServer();
  for (const fault of ["status_503", "html", "unreadable_choices"] as const) {
    await using proxy = await startFaultyProxy({ target: server.url, rate: 1, faults: [fault] });
    const { policy } = clientOf(proxy, new VirtualClock(), 3);
    const error = await policy.sample(REQUEST).catch((error: unknown) => error);
    assert.ok(error instanceof ProviderError, String(error));
    assert.equal(error.boundary, "endpoint");
    assert.equal(error.kind, KINDS[fault].policy);
    assert.match(error.message, /http:\/\/127\.0\.0\.1:\d+\/v1.*\(tried 3 times\)$/);
  }
});

/** Finds the answer that every request must get: the toy server's replies depend on the seed alone. */
async function truthOf(target: string, requests: readonly SampleRequest[]) {
  await using proxy = await startFaultyProxy({ target });
  const { policy } = clientOf(proxy, new VirtualClock());
  return await Promise.all(
    requests.map(async (request) => said((await policy.sample(request)).completions)),
  );
}

Deno.test("hundreds of requests through two faulty endpoints, one of which goes down and comes up, are all answered rightly", async () => {
  await using server = modelServer();
  const requests = Array.from(
    { length: 300 },
    (_, i) => ({ ...REQUEST, seed: i * 10, n: 1 + i % 5 }),
  );
  const truth = await truthOf(server.url, requests);
  const proxies = await Promise.all(
    [1, 2].map((seed) => startFaultyProxy({ target: server.url, rate: 0.3, seed })),
  );
  await using stack = new AsyncDisposableStack();
  proxies.forEach((proxy) => stack.use(proxy));
  const pool = stack.use(
    new EndpointPool(proxies.map(({ url }) => openTransport(url)), {
      retry: { attempts: 60, initialDelayMs: 1, maxDelayMs: 20 },
      breaker: { openMs: 5, maxOpenMs: 20 },
    }),
  );
  const policy = completionsPolicy({ pool, model: "policy", sendsSeed: true, findings: {} });
  let answered = 0;
  const [flaky] = proxies;
  const replies = await Promise.all(requests.map(async (request) => {
    const { completions } = await policy.sample(request);
    if (++answered === 60) await flaky?.goDown();
    if (answered === 200) await flaky?.comeUp();
    return said(completions);
  }));
  assert.deepEqual(replies, truth);
  const { failures, quirks, requests: sent } = pool.metrics();
  const injected = proxies.flatMap((proxy) => proxy.injected);
  const kinds = new Set(injected.map((fault) => KINDS[fault].policy));
  assert.deepEqual(
    [...kinds].filter((kind) => !kind.startsWith("quirk") && failures[kind] === undefined),
    [],
  );
  assert.ok((quirks["n not honoured"]?.count ?? 0) > 0);
  assert.ok(sent > requests.length + injected.length / 2);
  // Requests that were cut when the endpoint went down may have been in the middle of a fault.
  const failed = Object.values(failures).reduce((sum, { count }) => sum + count, 0);
  const wanted = injected.filter((fault) => fault !== "fewer_choices").length;
  assert.ok(failed >= wanted - 64 && failed > 0, `${failed} failures, ${wanted} faults`);
});
