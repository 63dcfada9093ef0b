import assert from "node:assert/strict";
import { ProviderError } from "../../lib/core/mod.ts";
import { noReplyInTime } from "../../lib/endpoint/_deadline.ts";
import { withRetries } from "../../lib/endpoint/mod.ts";
import { VirtualClock } from "./_virtual_clock.ts";

const failure = (more: { readonly isRetryable?: boolean; readonly retryAfterMs?: number } = {}) =>
  new ProviderError("down", { status: 503, isRetryable: true, ...more });

async function delaysOf(
  error: ProviderError,
  options: { readonly random?: () => number; readonly waitsItself?: boolean } = {},
) {
  const delays: number[] = [];
  await assert.rejects(withRetries(() => Promise.reject(error), {
    attempts: 4,
    maxDelayMs: 1_500,
    clock: {
      now: () => 0,
      sleep: (ms) => {
        delays.push(ms);
        return Promise.resolve();
      },
    },
    ...options,
  }));
  return delays;
}

Deno.test("withRetries() doubles its waits up to the longest, half of each spread at random", async () => {
  assert.deepEqual(await delaysOf(failure(), { random: () => 0 }), [250, 500, 750]);
  assert.deepEqual(await delaysOf(failure(), { random: () => 1 }), [500, 1000, 1500]);
});

Deno.test("withRetries() waits as long as the server asks, within bounds", async () => {
  assert.deepEqual(await delaysOf(failure({ retryAfterMs: 40 })), [40, 40, 40]);
  assert.deepEqual(await delaysOf(failure({ retryAfterMs: 9e9 })), [1500, 1500, 1500]);
});

Deno.test("withRetries() leaves the wait for retry-after to an operation that does it itself", async () => {
  const options = { random: () => 1, waitsItself: true };
  assert.deepEqual(await delaysOf(failure({ retryAfterMs: 40 }), options), [500, 1000, 1500]);
});

Deno.test("withRetries() gives up when its time since the first failure is over", async () => {
  const clock = new VirtualClock();
  let calls = 0;
  const result = withRetries(async () => {
    // A first call that waits long for its turn has used up nothing.
    if (calls++ === 0) await clock.sleep(100_000);
    throw failure();
  }, { clock, maxTotalMs: 10_000, random: () => 1 });
  await assert.rejects(clock.run(result), { message: "down (tried 5 times)" });
  assert.equal(clock.now(), 107_500);
});

Deno.test("withRetries() does not repeat what cannot succeed", async () => {
  assert.deepEqual(await delaysOf(failure({ isRetryable: false })), []);
});

Deno.test("withRetries() stops waiting when the caller aborts", async () => {
  const controller = new AbortController();
  const result = withRetries(() => Promise.reject(failure()), {
    signal: controller.signal,
    onRetry: () => queueMicrotask(() => controller.abort(new Error("enough"))),
  });
  await assert.rejects(result, { message: "enough" });
});

Deno.test("withRetries() asks again as often as it is told for a reply that did not come in time", async () => {
  const late = () => Promise.reject(noReplyInTime("http://x", 10_000));
  const options = { clock: { now: () => 0, sleep: () => Promise.resolve() } };
  const message = "Cannot get a reply from http://x: no reply in time (10 s)";
  await assert.rejects(withRetries(late, options), { message });
  await assert.rejects(withRetries(late, { ...options, lateReplies: 1 }), {
    message: `${message} (tried 2 times)`,
  });
});
