import assert from "node:assert/strict";
import fc from "fast-check";
import { GroupCommit } from "../../lib/core/mod.ts";

/** A commit that ends when it is told to; the batches that it was given. */
function heldCommits() {
  const batches: (readonly number[])[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const commit = async (batch: readonly number[]) => {
    const end = Promise.withResolvers<void>();
    batches.push(batch);
    ends.push(end);
    await end.promise;
    return (item: number) => -item;
  };
  return { batches, ends, commit };
}

Deno.test("GroupCommit takes what comes in one turn together, and gathers while a commit runs", async () => {
  const { batches, ends, commit } = heldCommits();
  const queue = new GroupCommit(commit);
  const first = [queue.add(1), queue.add(2)];
  await Promise.resolve();
  const second = [queue.add(3), queue.add(4)];
  assert.deepEqual(batches, [[1, 2]]);
  ends[0]?.resolve();
  assert.deepEqual(await Promise.all(first), [-1, -2]);
  assert.deepEqual(batches, [[1, 2], [3, 4]]);
  ends[1]?.resolve();
  assert.deepEqual(await Promise.all(second), [-3, -4]);
});

Deno.test("GroupCommit tells a failure to those of its batch alone, and goes on", async () => {
  const queue = new GroupCommit((batch: readonly number[]) => {
    if (batch.includes(2)) throw new Error("full");
    return Promise.resolve((item: number) => item);
  }, { take: () => 1 });
  const all = await Promise.allSettled([queue.add(1), queue.add(2), queue.add(3)]);
  assert.deepEqual(all.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  await queue.settled();
});

Deno.test("GroupCommit keeps everything once and in order, whatever a batch takes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer(), { maxLength: 40 }),
      fc.integer({ min: 0, max: 9 }),
      async (items, size) => {
        const kept: number[] = [];
        const queue = new GroupCommit((batch: readonly number[]) => {
          kept.push(...batch);
          assert.ok(batch.length <= Math.max(1, size));
          return Promise.resolve(() => {});
        }, { take: () => size });
        const told = items.map((item) => queue.add(item));
        await queue.settled();
        assert.deepEqual(kept, items);
        await Promise.all(told);
      },
    ),
  );
});
