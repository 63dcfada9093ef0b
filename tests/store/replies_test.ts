import assert from "node:assert/strict";
import { openStore } from "../../lib/store/mod.ts";
import { temporaryFolder } from "./_files.ts";

const key = (number: number) => ({ requestHash: String(number).padStart(64, "0"), sample: 1 });

Deno.test("putReply() keeps a crowd of replies, and of equal keys the first", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using store = await openStore(path);
    const puts = Array.from({ length: 700 }, (_, i) => store.putReply(key(i % 350), `body ${i}`));
    const first = await Promise.race(puts.map((put, i) => put.then(() => i)));
    assert.equal(await store.getReply(key(first)), `body ${first}`, "a kept reply is readable");
    await Promise.all(puts);
  }
  await using store = await openStore(path);
  for (const i of [0, 1, 255, 256, 349]) assert.equal(await store.getReply(key(i)), `body ${i}`);
  assert.equal(await store.getReply(key(350)), null);
});

Deno.test("closing a store keeps the replies that were handed over", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const store = await openStore(path);
  const puts = Array.from({ length: 300 }, (_, i) => store.putReply(key(i), "body"));
  await store[Symbol.asyncDispose]();
  await Promise.all(puts);
  await assert.rejects(() => store.putReply(key(0), "late"), {
    name: "StoreError",
    message: "Cannot record a reply: the store is closed",
  });
  await using again = await openStore(path);
  assert.equal(await again.getReply(key(299)), "body");
});
