import assert from "node:assert/strict";
import type { ReplyStore } from "../../lib/core/mod.ts";
import {
  memoryReplyStore,
  openFileReplyStore,
  recordedAbility,
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

Deno.test("recordedPpm() replays costs to the last bit, in any batch and with repeated texts", async () => {
  const store = memoryReplyStore();
  const live = scriptedPpm((text) => text.length / 7);
  const costly = {
    ...live,
    score: async (texts: readonly string[]) => ({
      ...await live.score(texts),
      promptTokens: 1_000 + texts.length,
      seconds: 0.1 * texts.length / 3,
      price: 0.7 / texts.length,
    }),
  };
  const batches = [["a", "bb", "ccc"], ["bb", "dddd", "a"], ["e", "e"], ["a", "bb", "ccc"]];
  const run = async (mode: "record" | "replay") => {
    const ppm = recordedPpm(costly, { store, mode });
    const replies = [];
    for (const batch of batches) replies.push(await ppm.score(batch));
    return replies;
  };
  const recorded = await run("record");
  assert.deepEqual(await run("replay"), recorded);
  assert.equal(recorded[0]?.promptTokens, 1_003);
});

Deno.test("recordedPpm() asks the model only for what is not recorded, and a first score stays", async () => {
  const store = memoryReplyStore();
  const asked: string[] = [];
  let next = 0;
  const live = {
    ...scriptedPpm(() => 0),
    score: async (texts: readonly string[]) => {
      asked.push(...texts);
      await Promise.resolve();
      return { logits: texts.map(() => next++), promptTokens: 1, seconds: 1, price: null };
    },
  };
  const ppm = recordedPpm(live, { store, mode: "record" });
  const [first, second] = await Promise.all([ppm.score(["a"]), ppm.score(["a"])]);
  assert.deepEqual(second, first);
  assert.deepEqual((await ppm.score(["b", "a"])).logits[1], first?.logits[0]);
  assert.deepEqual(asked, ["a", "a", "b"]);
});

Deno.test("recordedPolicy() answers two draws of one request at once as its replay does", async () => {
  const store = memoryReplyStore();
  let count = 0;
  const live = scriptedPolicy(({ n }) => Array.from({ length: n }, () => `${count++}`));
  const recording = recordedPolicy(live, { store, mode: "record" });
  const [a, b] = await Promise.all([recording.sample(request), recording.sample(request)]);
  assert.deepEqual(a, b);
  const more = await recording.sample({ ...request, n: 3 });
  const replaying = recordedPolicy(live, { store, mode: "replay" });
  assert.deepEqual(await replaying.sample({ ...request, n: 3 }), more);
  assert.deepEqual(more.completions.slice(0, 2), a?.completions);
});

Deno.test("recordedPpm() reads recordings from before costs were kept", async () => {
  const store = memoryReplyStore();
  await recordedPpm(scriptedPpm(() => 3), { store, mode: "record" }).score(["a"]);
  const old: ReplyStore = {
    ...store,
    getReply: () => Promise.resolve('{"logit":3,"promptTokens":2}'),
  };
  const reply = await recordedPpm(scriptedPpm(() => 0), { store: old, mode: "replay" }).score([
    "a",
  ]);
  assert.deepEqual(reply, { logits: [3], promptTokens: 2, seconds: 0, price: null });
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
    await using store = await openFileReplyStore(path, { mode: "read" });
    assert.equal(await store.getReply({ requestHash: "h", sample: 0 }), "one");
    assert.equal(await store.getReply({ requestHash: "h", sample: 1 }), "three");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("openFileReplyStore() says why it cannot write or read", async () => {
  await assert.rejects(openFileReplyStore("/nowhere/at/all", { mode: "append" }), {
    name: "InfrastructureError",
    message:
      'Cannot record replies in "/nowhere/at/all": there is no such file or folder; name another file',
  });
  await assert.rejects(openFileReplyStore("/", { mode: "read" }), {
    message: 'Cannot read recorded replies "/": expected a file, got a folder',
  });
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

Deno.test("recordedAbility() is what it was when the replies were recorded", async () => {
  const store = memoryReplyStore();
  const description = { model: "m" };
  const tokens = { maxAlternatives: 8, continuation: "ids" } as const;
  assert.equal(await recordedAbility({ description }, { store, mode: "replay" }), null);
  const first = await recordedAbility({ description, tokens }, { store, mode: "record" });
  assert.deepEqual(first, tokens);
  // A server that can do less when the recording goes on, and a replay without any.
  const later = await recordedAbility({ description, tokens: null }, { store, mode: "record" });
  assert.deepEqual(later, tokens);
  assert.deepEqual(await recordedAbility({ description }, { store, mode: "replay" }), tokens);
  const other = { description: { model: "other" } };
  assert.equal(await recordedAbility(other, { store, mode: "replay" }), null);
});
