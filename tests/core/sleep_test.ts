import assert from "node:assert/strict";
import { sleep } from "../../lib/core/mod.ts";

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
