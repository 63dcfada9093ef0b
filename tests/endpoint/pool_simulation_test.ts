/** A pool under everything at once, in simulated time: outages, refusals, endpoints that join and leave, callers that give up. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ProviderError, seededRandom } from "../../lib/core/mod.ts";
import { type Concurrency, EndpointPool, type Transport } from "../../lib/endpoint/mod.ts";
import { VirtualClock } from "./_virtual_clock.ts";

const HORIZON_MS = 60_000;

const behaviour = fc.record({
  /** Times at which it does not answer at all. */
  outages: fc.array(
    fc.record({ from: fc.nat(HORIZON_MS), length: fc.nat(20_000) }),
    { maxLength: 3 },
  ),
  failureRate: fc.double({ min: 0, max: 0.4, noNaN: true }),
  leavesAt: fc.option(fc.nat(HORIZON_MS), { nil: null }),
  joinsAt: fc.nat(HORIZON_MS / 2),
});

const world = fc.record({
  seed: fc.nat(1_000_000),
  others: fc.array(behaviour, { maxLength: 3 }),
  concurrency: fc.constantFrom<Concurrency>("auto", 1, 4),
  requests: fc.integer({ min: 1, max: 150 }),
  givesUp: fc.double({ min: 0, max: 0.2, noNaN: true }),
});

type World = typeof world extends fc.Arbitrary<infer W> ? W : never;
type Behaviour = World["others"][number];

/** An endpoint that keeps watch over what it is sent. */
class WatchedEndpoint implements Transport {
  readonly url: string;
  running = 0;
  /** From when on nothing new may come. */
  leftAt = Infinity;
  readonly #clock: VirtualClock;
  readonly #random: () => number;
  readonly #behaviour: Pick<Behaviour, "outages" | "failureRate">;
  readonly limit: () => number;

  constructor(
    index: number,
    options: {
      readonly clock: VirtualClock;
      readonly seed: number;
      readonly behaviour: Pick<Behaviour, "outages" | "failureRate">;
      readonly limit: () => number;
    },
  ) {
    this.url = `http://endpoint-${index}/v1`;
    this.#clock = options.clock;
    this.#random = seededRandom(options.seed + index);
    this.#behaviour = options.behaviour;
    this.limit = options.limit;
  }

  async request(
    path: string,
    body: Readonly<Record<string, unknown>> | null,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<unknown> {
    if (path === "/models") {
      await this.#clock.sleep(5, { signal });
      if (this.#isOut()) throw failure(null);
      return {};
    }
    assert.ok(this.#clock.now() <= this.leftAt, `${this.url} was sent a request after it left`);
    assert.ok(++this.running <= this.limit(), `${this.url}: ${this.running} at once`);
    try {
      await this.#clock.sleep(this.#isOut() ? 1 : 50 + 400 * this.#random(), { signal });
      if (this.#isOut()) throw failure(null);
      const dice = this.#random();
      if (dice < this.#behaviour.failureRate / 2) throw failure(503);
      if (dice < this.#behaviour.failureRate) throw failure(429);
      return { echo: body?.["request"] };
    } finally {
      this.running--;
    }
  }

  #isOut(): boolean {
    const now = this.#clock.now();
    return this.#behaviour.outages.some(({ from, length }) => now >= from && now < from + length);
  }
}

function failure(status: number | null): ProviderError {
  const retryAfter = status === 429 ? { retryAfterMs: 700 } : {};
  return new ProviderError("broken", { status, isRetryable: true, ...retryAfter });
}

async function live(world: World): Promise<void> {
  const { seed, others, concurrency, requests, givesUp } = world;
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const limit = () => concurrency === "auto" ? 512 : concurrency;
  // The first one always works, or nothing could be promised.
  const steady = { outages: [], failureRate: 0.1 };
  const [first, ...rest] = [steady, ...others].map((behaviour, i) =>
    new WatchedEndpoint(i, { clock, seed, behaviour, limit })
  );
  assert.ok(first);
  const pool = new EndpointPool([first], { clock, concurrency, retry: { attempts: 1_000 } });
  const moves = rest.map(async (endpoint, i) => {
    const { joinsAt, leavesAt } = others[i] ?? { joinsAt: 0, leavesAt: null };
    await clock.sleep(joinsAt);
    pool.add(endpoint);
    if (leavesAt === null || leavesAt <= joinsAt) return;
    await clock.sleep(leavesAt - joinsAt);
    endpoint.leftAt = clock.now();
    assert.equal(pool.remove(endpoint.url), true);
  });
  const sent = Array.from({ length: requests }, async (_, request) => {
    await clock.sleep(HORIZON_MS / 2 * random());
    const isImpatient = random() < givesUp;
    const controller = new AbortController();
    const patience = 300 * random();
    const reply = pool.request("/completions", { request }, {
      read: (reply) => (reply as { readonly echo: number }).echo,
      signal: controller.signal,
    });
    if (isImpatient) {
      void clock.sleep(patience).then(() => controller.abort(new Error("gives up")));
      const end = await reply.catch((error: Error) => error.message);
      assert.ok(end === request || end === "gives up", `${end}`);
    } else {
      assert.equal(await reply, request);
    }
  });
  await clock.run(Promise.all([...sent, ...moves]));
  const { running, waiting } = pool.metrics();
  assert.deepEqual([running, waiting], [0, 0]);
  await pool[Symbol.asyncDispose]();
  await clock.advance(1_000);
  assert.equal(clock.pending, 0);
}

Deno.test("a pool answers every request with its own reply, whatever its endpoints do", async () => {
  await fc.assert(fc.asyncProperty(world, live), { seed: 20261125, numRuns: 60 });
});
