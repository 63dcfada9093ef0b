import assert from "node:assert/strict";
import { InfrastructureError, StoreError } from "../../lib/core/mod.ts";
import { runTrees } from "../../lib/search/mod.ts";

/** Trees that end when the test says so. */
class Trees {
  readonly open = new Map<number, PromiseWithResolvers<string>>();
  readonly started: number[] = [];
  readonly stored: string[] = [];
  readonly parked: string[] = [];

  readonly grow = (job: number, { signal }: { readonly signal: AbortSignal }): Promise<string> => {
    const tree = Promise.withResolvers<string>();
    signal.addEventListener("abort", () => tree.reject(signal.reason));
    this.open.set(job, tree);
    this.started.push(job);
    return tree.promise;
  };
  readonly onTree = (tree: string): Promise<void> => {
    this.stored.push(tree);
    return Promise.resolve();
  };
  readonly onParked = (error: InfrastructureError, job: number): Promise<void> => {
    this.parked.push(`${job}: ${error.message}`);
    return Promise.resolve();
  };

  finish(job: number): void {
    this.open.get(job)?.resolve(`tree ${job}`);
  }

  fail(job: number, error: Error): void {
    this.open.get(job)?.reject(error);
  }
}

/** Lets everything run that waits for nothing outside. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("runTrees() keeps so many trees open and lets a slow one hold up nobody", async () => {
  const trees = new Trees();
  const done = runTrees([0, 1, 2, 3, 4], { ...trees, openTrees: 2 });
  await settle();
  assert.deepEqual(trees.started, [0, 1]);
  for (const job of [1, 2, 3, 4]) {
    trees.finish(job);
    await settle();
  }
  assert.deepEqual(trees.stored, ["tree 1", "tree 2", "tree 3", "tree 4"]);
  trees.finish(0);
  assert.deepEqual(await done, { finished: 5, parked: 0 });
});

Deno.test("runTrees() asks its rule again whenever a tree ends", async () => {
  const trees = new Trees();
  let limit = 1;
  const done = runTrees([0, 1, 2, 3], { ...trees, openTrees: () => limit });
  await settle();
  assert.deepEqual(trees.started, [0]);
  limit = 3;
  trees.finish(0);
  await settle();
  assert.deepEqual(trees.started, [0, 1, 2, 3].slice(0, 4));
  for (const job of [1, 2, 3]) trees.finish(job);
  await done;
});

Deno.test("runTrees() parks a tree after an infrastructure failure and goes on", async () => {
  const trees = new Trees();
  const done = runTrees([0, 1, 2], { ...trees, openTrees: 3 });
  await settle();
  trees.fail(1, new InfrastructureError("endpoint", "Cannot reach the policy"));
  trees.finish(0);
  trees.finish(2);
  assert.deepEqual(await done, { finished: 2, parked: 1 });
  assert.deepEqual(trees.parked, ["1: Cannot reach the policy"]);
});

Deno.test("runTrees() waits for its sink before it admits the next job", async () => {
  const trees = new Trees();
  const stored = Promise.withResolvers<void>();
  const done = runTrees([0, 1], { ...trees, openTrees: 1, onTree: () => stored.promise });
  await settle();
  trees.finish(0);
  await settle();
  assert.deepEqual(trees.started, [0]);
  stored.resolve();
  await settle();
  assert.deepEqual(trees.started, [0, 1]);
  trees.finish(1);
  await done;
});

Deno.test("runTrees() finishes what is open when it is told to admit no more", async () => {
  const trees = new Trees();
  const drain = new AbortController();
  const done = runTrees([0, 1, 2], { ...trees, openTrees: 1, stopAdmitting: drain.signal });
  await settle();
  drain.abort();
  trees.finish(0);
  assert.deepEqual(await done, { finished: 1, parked: 0 });
  assert.deepEqual(trees.started, [0]);
});

Deno.test("runTrees() ends all trees when it is aborted, and parks none of them", async () => {
  const trees = new Trees();
  const abort = new AbortController();
  const done = runTrees([0, 1], { ...trees, openTrees: 2, signal: abort.signal });
  await settle();
  abort.abort(new Error("stop now"));
  await assert.rejects(done, new Error("stop now"));
  assert.deepEqual([trees.parked, trees.stored], [[], []]);
});

Deno.test("runTrees() throws what its sink throws, after ending the open trees", async () => {
  const trees = new Trees();
  const done = runTrees([0, 1], {
    ...trees,
    openTrees: 2,
    onTree: () => Promise.reject(new StoreError("Cannot write: the disk is full")),
  });
  await settle();
  trees.finish(0);
  await assert.rejects(done, new StoreError("Cannot write: the disk is full"));
  assert.deepEqual(trees.parked, []);
});
