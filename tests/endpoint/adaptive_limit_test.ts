import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AdaptiveLimit,
  adaptiveLimit,
  afterOverload,
  afterReply,
  afterServerLoad,
  EndpointPool,
} from "../../lib/endpoint/mod.ts";
import { SimulatedServer } from "./_simulated_server.ts";
import { VirtualClock } from "./_virtual_clock.ts";

/** One epoch of equal replies at the present limit. */
function epoch(state: AdaptiveLimit, secondsPerToken: number): AdaptiveLimit {
  const { epoch, limit } = state;
  const reply = {
    epoch,
    kind: "/completions",
    seconds: secondsPerToken * 100,
    tokens: 100,
    isFull: true,
  };
  let next = state;
  for (let i = 0; i < Math.max(8, limit); i++) next = afterReply(next, reply);
  return next;
}

Deno.test("an adaptive limit doubles while latency per token holds, and returns to the last good one", () => {
  const flat = epoch(epoch(adaptiveLimit({ initial: 8 }), 0.01), 0.01);
  assert.deepEqual([flat.limit, flat.phase], [32, "start"]);
  const saturated = epoch(flat, 0.02);
  assert.deepEqual([saturated.limit, saturated.phase], [16, "climb"]);
});

Deno.test("an adaptive limit ignores replies of a server that was not full, and of an earlier epoch", () => {
  const state = adaptiveLimit();
  const reply = { epoch: 0, kind: "a", seconds: 1, tokens: 1, isFull: false };
  assert.equal(afterReply(state, reply), state);
  assert.equal(afterReply(state, { ...reply, isFull: true, epoch: 7 }), state);
});

Deno.test("one overload is one cut, however many requests of the epoch failed of it", () => {
  const state = adaptiveLimit({ initial: 100 });
  const cut = afterOverload(state, { epoch: 0, overload: "refused" });
  assert.equal(cut.limit, 70);
  assert.equal(afterOverload(cut, { epoch: 0, overload: "refused" }), cut);
  assert.equal(afterOverload(cut, { epoch: 1, overload: "timeout" }).limit, 35);
});

Deno.test("a queue in the server cuts the limit only when it is long and does not shrink", () => {
  const seen = (waits: readonly number[]) =>
    waits.reduce(
      (state, waiting) => afterServerLoad(state, { running: 50, waiting }),
      adaptiveLimit({ initial: 100 }),
    ).limit;
  assert.equal(seen([40]), 100);
  assert.equal(seen([40, 20]), 100);
  assert.equal(seen([4, 5]), 100);
  assert.equal(seen([20, 20]), 90);
});

Deno.test("adaptiveLimit() refuses bounds that are out of order", () => {
  assert.throws(() => adaptiveLimit({ min: 4, initial: 2 }), {
    name: "RangeError",
    message: "Cannot adapt a limit: expected integers 1 <= min <= initial <= max, got 4, 2, 512",
  });
  assert.equal(adaptiveLimit({ max: 3 }).limit, 3);
});

const event = fc.oneof(
  fc.record({
    type: fc.constant("reply" as const),
    age: fc.nat(1),
    kind: fc.constantFrom("/completions", "../pooling"),
    seconds: fc.double({ min: 0, max: 1e6, noNaN: true }),
    tokens: fc.double({ min: 0, max: 1e6, noNaN: true }),
    isFull: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("overload" as const),
    age: fc.nat(1),
    overload: fc.constantFrom("refused" as const, "timeout" as const, "queue" as const),
  }),
  fc.record({ type: fc.constant("load" as const), running: fc.nat(600), waiting: fc.nat(600) }),
);

Deno.test("an adaptive limit stays a whole number within its bounds, and overload never raises it", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 100 }),
      fc.array(event, { maxLength: 400 }),
      (min, more, events) => {
        const max = min + more;
        let state = adaptiveLimit({ min, max });
        for (const one of events) {
          const before = state;
          if (one.type === "reply") {
            state = afterReply(state, { ...one, epoch: state.epoch - one.age });
          } else {
            state = one.type === "load"
              ? afterServerLoad(state, one)
              : afterOverload(state, { ...one, epoch: state.epoch - one.age });
            assert.ok(state.limit <= before.limit);
          }
          assert.ok(Number.isInteger(state.limit) && state.limit >= min && state.limit <= max);
          assert.ok(state.epoch >= before.epoch);
          if (state.limit !== before.limit) assert.equal(state.epoch, before.epoch + 1);
        }
      },
    ),
    { seed: 20261125 },
  );
});

/** Share of the server's slots that were in use, from the first full load until no request is left to send. */
async function usedShare(
  options: { readonly slots: number; readonly requests: number; readonly seed: number },
): Promise<{ readonly share: number; readonly limit: number }> {
  const { slots, requests, seed } = options;
  const clock = new VirtualClock();
  const server = new SimulatedServer({ slots, clock, seed, tokenMs: () => 20 });
  await using pool = new EndpointPool([server], { clock });
  let left = requests;
  let from: { readonly at: number; readonly busyMs: number } | null = null;
  let share = 0;
  const send = async () => {
    while (left > 0) {
      if (from === null && pool.metrics().running >= slots) {
        from = { at: clock.now(), busyMs: server.busyMs };
      }
      if (--left === 0 && from !== null) {
        share = (server.busyMs - from.busyMs) / (clock.now() - from.at) / slots;
      }
      await pool.request("/completions", {}, {
        read: (reply) => Number((reply as { readonly tokens: number }).tokens),
        work: (tokens) => ({ tokens, sequenceTokens: tokens }),
      });
    }
  };
  await clock.run(Promise.all(Array.from({ length: 700 }, send)));
  return { share, limit: pool.metrics().limit };
}

Deno.test("a pool finds the slots of a server by itself and uses at least 95 % of them", async () => {
  for (const [slots, requests] of [[8, 2_000], [50, 6_000], [150, 12_000]] as const) {
    const { share, limit } = await usedShare({ slots, requests, seed: slots });
    assert.ok(share >= 0.95, `${slots} slots: share ${share}, limit ${limit}`);
    assert.ok(limit <= Math.max(64, 3 * slots), `${slots} slots: limit ${limit}`);
  }
});

Deno.test("a pool stays below the load at which a server refuses", async () => {
  const clock = new VirtualClock();
  const server = new SimulatedServer({ slots: 500, clock, tokenMs: () => 20, refusesAt: 41 });
  await using pool = new EndpointPool([server], { clock });
  const send = () => pool.request("/completions", {}, { read: () => null });
  const replies = await clock.run(Promise.all(Array.from({ length: 6_000 }, send)));
  assert.equal(replies.length, 6_000);
  assert.ok(server.refusals > 0 && server.refusals < 120, `${server.refusals} refusals`);
  assert.equal(pool.metrics().failures["status 429"]?.count, server.refusals);
});
