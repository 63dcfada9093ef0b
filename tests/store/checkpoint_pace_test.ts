import assert from "node:assert/strict";
import { CheckpointPace } from "../../lib/store/_checkpoint_pace.ts";
import { openStore } from "../../lib/store/mod.ts";
import { testTree } from "../conformance/store.ts";
import { prepareRun, temporaryFolder } from "./_files.ts";

/** A timer and a clock that stand still until they are told. */
function fakeTime() {
  const planned: { readonly work: () => void; readonly ms: number }[] = [];
  const clock = { ms: 0 };
  return {
    clock,
    planned,
    now: () => clock.ms,
    schedule: (work: () => void, ms: number) => {
      planned.push({ work, ms });
      return () => void planned.splice(0);
    },
  };
}

Deno.test("CheckpointPace folds at most one hundredth of the time, and nothing while nothing is done", async () => {
  const time = fakeTime();
  let folded = 0;
  const pace = new CheckpointPace({
    ...time,
    fold: () => {
      folded++;
      time.clock.ms += folded === 1 ? 200 : 9_000;
      return Promise.resolve();
    },
  });
  const fire = async () => {
    const [next] = time.planned.splice(0);
    time.clock.ms += next?.ms ?? 0;
    next?.work();
    await Promise.resolve();
    await Promise.resolve();
    return next?.ms;
  };
  assert.equal(await fire(), undefined);
  pace.touch();
  pace.touch();
  assert.equal(time.planned.length, 1);
  assert.equal(await fire(), 30_000);
  assert.equal(time.planned.length, 0, "nothing was done since");
  pace.touch();
  assert.equal(await fire(), 30_000);
  pace.touch();
  assert.equal(await fire(), 900_000);
  time.clock.ms += 2_000_000;
  pace.touch();
  assert.equal(await fire(), 0, "the pause is over already");
  pace.touch();
  await pace[Symbol.asyncDispose]();
  pace.touch();
  assert.deepEqual([time.planned, folded], [[], 4]);
});

Deno.test("a store folds its log when its time has come, and a small one never", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const time = fakeTime();
  await using store = await openStore(path, time);
  const runNo = await prepareRun(store, 20);
  const key = { runNo, roundNo: 0 };
  const logSize = () => Deno.stat(`${path}.wal`).then(({ size }) => size, () => 0);
  const fire = async () => {
    time.planned.splice(0)[0]?.work();
    // Its turn comes after what waits already.
    await store.runs();
  };
  await store.writeTree(key, testTree("test/1", 0));
  await fire();
  const small = await logSize();
  assert.ok(small > 0, "a small log stays");
  const bulky = testTree("test/2", 0);
  const text = "x y ".repeat(80_000);
  await store.writeTree(key, { ...bulky, nodes: bulky.nodes.map((node) => ({ ...node, text })) });
  assert.ok(await logSize() > 1_000_000);
  await fire();
  assert.ok(await logSize() < small);
  assert.deepEqual(await store.readTree(key, testTree("test/1", 0)), testTree("test/1", 0));
});
