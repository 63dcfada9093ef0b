import assert from "node:assert/strict";
import {
  memoryReplyStore,
  openFileReplyStore,
  recordedPolicy,
  recordedPpm,
  type SampleRequest,
  scriptedPolicy,
  scriptedPpm,
} from "../../lib/endpoint/mod.ts";

const request: SampleRequest = {
  prompt: "p",
  n: 2,
  stop: ["<end_of_step>"],
  temperature: 1,
  topP: 1,
  maxTokens: 9,
  seed: 1,
};

Deno.test("recordedPolicy() replays to the last bit what it recorded, and tells draws apart by their seed", async () => {
  const store = memoryReplyStore();
  let count = 0;
  const live = scriptedPolicy(({ n }) =>
    Array.from({ length: n }, () => `${count++}<end_of_step>`)
  );
  const recording = recordedPolicy(live, { store, mode: "record" });
  const first = await recording.sample(request);
  const second = await recording.sample({ ...request, seed: 2 });
  const replaying = recordedPolicy(live, { store, mode: "replay" });
  assert.deepEqual(await replaying.sample(request), first);
  assert.deepEqual(await replaying.sample({ ...request, seed: 2 }), second);
  assert.notDeepEqual(first.completions, second.completions);
  assert.equal(live.requests.length, 2);
});

Deno.test("recordedPolicy() never asks the model for a reply that was not recorded", async () => {
  const live = scriptedPolicy([["a", "b"]]);
  const replaying = recordedPolicy(live, { store: memoryReplyStore(), mode: "replay" });
  await assert.rejects(replaying.sample(request), {
    message: "Cannot replay sample 0 of a policy request with seed 1: it was not recorded; " +
      "replay needs the same problems, settings and models as the recording",
  });
  assert.equal(live.requests.length, 0);
});

Deno.test("recordedPpm() replays scores in any batch", async () => {
  const store = memoryReplyStore();
  const live = scriptedPpm((text) => text.length);
  await recordedPpm(live, { store, mode: "record" }).score(["a", "bb", "ccc"]);
  const replayed = await recordedPpm(live, { store, mode: "replay" }).score(["ccc", "a"]);
  assert.deepEqual(replayed.logits, [3, 1]);
});

Deno.test("openFileReplyStore() keeps replies over a restart and passes a torn last line over", async () => {
  const path = await Deno.makeTempFile();
  try {
    {
      await using store = await openFileReplyStore(path, { mode: "append" });
      await store.putReply({ requestHash: "h", sample: 0 }, "one");
      await store.putReply({ requestHash: "h", sample: 0 }, "two");
    }
    await Deno.writeTextFile(path, '{"requestHash":"h","sam', { append: true });
    {
      await using store = await openFileReplyStore(path, { mode: "append" });
      assert.equal(await store.getReply({ requestHash: "h", sample: 0 }), "one");
      await store.putReply({ requestHash: "h", sample: 1 }, "three");
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("openFileReplyStore() names the line that is no reply", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "{}\n");
    await assert.rejects(openFileReplyStore(path, { mode: "read" }), {
      message: `Cannot read recorded replies "${path}": line 1 is no recorded reply`,
    });
  } finally {
    await Deno.remove(path);
  }
});
