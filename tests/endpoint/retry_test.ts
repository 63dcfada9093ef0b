import assert from "node:assert/strict";
import { ProviderError } from "../../lib/core/mod.ts";
import { withRetries } from "../../lib/endpoint/mod.ts";

const failure = (more: { readonly isRetryable?: boolean; readonly retryAfterMs?: number } = {}) =>
  new ProviderError("down", { status: 503, isRetryable: true, ...more });

async function delaysOf(error: ProviderError, options: { readonly random?: () => number } = {}) {
  const delays: number[] = [];
  await assert.rejects(withRetries(() => Promise.reject(error), {
    attempts: 4,
    maxDelayMs: 1_500,
    sleep: (ms) => {
      delays.push(ms);
      return Promise.resolve();
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
