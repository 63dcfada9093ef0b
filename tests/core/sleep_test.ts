import assert from "node:assert/strict";
import { sleep, waitFor } from "../../lib/core/mod.ts";

Deno.test("sleep() waits for its time, and leaves no listener behind", async () => {
  const controller = new AbortController();
  const startedMs = performance.now();
  await sleep(20, { signal: controller.signal });
  assert.ok(performance.now() - startedMs >= 19);
  controller.abort(new Error("too late to matter"));
});

Deno.test("sleep() ends with the signal's reason, before it begins and while it lasts", async () => {
  const reason = new Error("enough");
  await assert.rejects(async () => await sleep(1, { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  // Longer than a timer can be asked for: it must not fire at once.
  const waiting = sleep(2 ** 40, { signal: controller.signal });
  await sleep(5);
  controller.abort(reason);
  await assert.rejects(waiting, reason);
});

Deno.test("waitFor() gives what the work gives, or fails with, and leaves no listener behind", async () => {
  const controller = new AbortController();
  assert.equal(await waitFor(Promise.resolve(7), controller.signal), 7);
  const failure = new Error("broken");
  await assert.rejects(waitFor(Promise.reject(failure), controller.signal), failure);
  controller.abort(new Error("too late to matter"));
});

Deno.test("waitFor() ends with the signal's reason; a failure that comes later is nobody's", async () => {
  const reason = new Error("enough");
  for (const abortsBefore of [true, false]) {
    const controller = new AbortController();
    const { promise: work, reject } = Promise.withResolvers<never>();
    if (abortsBefore) controller.abort(reason);
    const waiting = waitFor(work, controller.signal);
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    reject(new Error("broken"));
    await sleep(0);
  }
});
