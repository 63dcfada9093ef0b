import assert from "node:assert/strict";
import { Semaphore } from "../../lib/core/mod.ts";

Deno.test("Semaphore admits up to its limit and the rest in the order in which they came", async () => {
  const semaphore = new Semaphore(1);
  const order: number[] = [];
  const first = await semaphore.acquire();
  const rest = [1, 2, 3].map(async (n) => {
    using _slot = await semaphore.acquire();
    order.push(n);
  });
  assert.deepEqual([semaphore.held, semaphore.waiting], [1, 3]);
  first[Symbol.dispose]();
  await Promise.all(rest);
  assert.deepEqual(order, [1, 2, 3]);
  assert.deepEqual([semaphore.held, semaphore.waiting], [0, 0]);
});

Deno.test("Semaphore gives a slot back once, however often the permit is disposed", async () => {
  const semaphore = new Semaphore(2);
  const a = await semaphore.acquire();
  await semaphore.acquire();
  a[Symbol.dispose]();
  a[Symbol.dispose]();
  assert.equal(semaphore.held, 1);
});

Deno.test("Semaphore admits those who wait when its limit grows", async () => {
  const semaphore = new Semaphore(1);
  await semaphore.acquire();
  const second = semaphore.acquire();
  semaphore.limit = 2;
  await second;
  assert.equal(semaphore.held, 2);
});

Deno.test("Semaphore forgets a caller whose signal aborts", async () => {
  const semaphore = new Semaphore(1);
  await semaphore.acquire();
  const controller = new AbortController();
  const waiting = semaphore.acquire({ signal: controller.signal });
  controller.abort(new Error("gone"));
  await assert.rejects(waiting, { message: "gone" });
  assert.equal(semaphore.waiting, 0);
});

Deno.test("Semaphore refuses a limit below 1", () => {
  assert.throws(() => new Semaphore(0), {
    name: "RangeError",
    message: "Cannot use a semaphore limit: expected a positive integer, got 0",
  });
});
