import assert from "node:assert/strict";
import {
  commonTokenFindings,
  completionsPolicy,
  EndpointPool,
  openTransport,
  OTHER_TOKENS,
  probePolicy,
  type Token,
} from "../../lib/endpoint/mod.ts";
import { generatedTokens } from "../../lib/endpoint/_generated_tokens.ts";
import { rawLogprobs } from "../../lib/endpoint/_raw_logprobs.ts";
import { modelServer, type ModelServerQuirks } from "./_model_server.ts";

async function found(quirks: ModelServerQuirks) {
  await using server = modelServer(quirks);
  const { tokens } = await probePolicy(openTransport(server.url), { api: "completions" });
  return tokens;
}

Deno.test("probePolicy() finds out how tokens are shown and forced", async () => {
  const ids = await found({ hasTokenize: true, logprobs: "ids" });
  const text = await found({ hasTokenize: true, logprobs: "text" });
  const objects = await found({ hasTokenize: true, logprobs: "objects" });
  assert.ok(typeof ids === "object" && typeof text === "object" && typeof objects === "object");
  assert.deepEqual([ids.tellsIds, ids.continuation, ids.tokenizeField], [true, "ids", "prompt"]);
  assert.deepEqual([text.tellsIds, text.continuation], [false, "text"]);
  assert.deepEqual([objects.continuation, objects.tokenizeField], ["ids", "content"]);
  assert.ok(ids.maxAlternatives >= 1);
});

Deno.test("probePolicy() says why tokens cannot be worked with", async () => {
  assert.equal(await found({ hasTokenize: true }), "it answers no log-probabilities");
  assert.equal(
    await found({ hasTokenize: true, logprobs: "after temperature" }),
    "its log-probabilities change with the temperature",
  );
  assert.equal(
    await found({ logprobs: "text" }),
    "it does not tell the tokens of a text (/tokenize)",
  );
});

Deno.test("commonTokenFindings() takes what all endpoints can do", async () => {
  const tokens = await found({ hasTokenize: true, logprobs: "ids" });
  assert.ok(typeof tokens === "object");
  const fewer = { ...tokens, maxAlternatives: 1 };
  assert.equal(commonTokenFindings([{ tokens }, { tokens: fewer }])?.maxAlternatives, 1);
  assert.equal(commonTokenFindings([{ tokens }, { tokens: "it answers none" }]), null);
  assert.equal(commonTokenFindings([{ tokens }, {}]), null);
  assert.equal(
    commonTokenFindings([{ tokens }, { tokens: { ...tokens, field: "n_probs" } }]),
    null,
  );
  assert.equal(commonTokenFindings([]), null);
});

const REQUEST = { prompt: "1", n: 2, stop: [], temperature: 1, topP: 1, maxTokens: 4, seed: 1 };

Deno.test("sample() refuses forced text that encodes to other tokens, and asks nothing", async () => {
  await using server = modelServer({ hasTokenize: true, logprobs: "text" });
  const tokens = await found({ hasTokenize: true, logprobs: "text" });
  assert.ok(typeof tokens === "object");
  await using pool = new EndpointPool([openTransport(server.url)]);
  const policy = completionsPolicy({
    pool,
    model: "policy",
    sendsSeed: true,
    tokens,
    findings: {},
  });
  // The toy's tokenizer reads the two as one token.
  const continuation: Token[] = ["<a", ">"].map((text) => ({ id: null, text, bytes: null }));
  const reply = await policy.sample({ ...REQUEST, continuation, logprobs: 1 });
  assert.deepEqual(reply.completions.map(({ serverReason }) => serverReason), [
    OTHER_TOKENS,
    OTHER_TOKENS,
  ]);
  assert.equal(reply.generatedTokens, 0);
  assert.ok(server.seen.every(({ path }) => path === "/tokenize"));
});

Deno.test("sample() refuses to be asked for tokens that no server shows", async () => {
  await using server = modelServer({});
  await using pool = new EndpointPool([openTransport(server.url)]);
  const policy = completionsPolicy({ pool, model: "policy", sendsSeed: true, findings: {} });
  assert.equal(policy.tokens, null);
  await assert.rejects(policy.sample({ ...REQUEST, logprobs: 1 }), { kind: "no tokens" });
});

const ENDS = { ids: [2], texts: ["</s>"] };

Deno.test("generatedTokens() leaves out what is impossible and what was not asked for", () => {
  const positions = rawLogprobs({
    logprobs: {
      tokens: ["token_id:7"],
      token_logprobs: [1e-7],
      top_logprobs: [{
        "token_id:7": 1e-7,
        "token_id:1": -3,
        "token_id:2": -1,
        "token_id:3": -9999,
        "token_id:4": null,
        "token_id:5": "-inf",
        "token_id:6": -5,
      }],
    },
  });
  assert.ok(positions);
  const completion = { text: "t7", finishReason: "length", stopString: null, tokens: 1 } as const;
  const options = { alternatives: 2, ends: ENDS, textOf: (id: number) => `t${id}`, wasCut: false };
  assert.deepEqual(generatedTokens(positions, completion, options), [{
    id: 7,
    text: "t7",
    bytes: null,
    logprob: 0,
    alternatives: [
      { id: 2, text: "t2", bytes: null, logprob: -1, isEnd: true },
      { id: 1, text: "t1", bytes: null, logprob: -3 },
    ],
  }]);
});

Deno.test("generatedTokens() ends with the token that reaches the cut", () => {
  const tokens = ["ab", "c<", "/x>d", "e"];
  const positions = rawLogprobs({
    logprobs: { tokens, token_logprobs: tokens.map(() => -1), top_logprobs: null },
  });
  assert.ok(positions);
  const completion = {
    text: "abc</x>",
    finishReason: "stop_string",
    stopString: "</x>",
    tokens: 4,
  } as const;
  const options = { alternatives: 2, ends: ENDS, textOf: () => "", wasCut: true };
  const found = generatedTokens(positions, completion, options);
  assert.deepEqual(found?.map(({ text }) => text), ["ab", "c<", "/x>d"]);
});

Deno.test("a generated token without a readable log-probability spoils the list, not the text", () => {
  const positions = rawLogprobs({
    logprobs: { tokens: ["a"], token_logprobs: [-9999], top_logprobs: [{}] },
  });
  assert.ok(positions);
  const completion = { text: "a", finishReason: "length", stopString: null, tokens: 1 } as const;
  const options = { alternatives: 2, ends: ENDS, textOf: () => "", wasCut: false };
  assert.equal(generatedTokens(positions, completion, options), null);
  assert.equal(rawLogprobs({ logprobs: { tokens: ["a"], token_logprobs: [] } }), null);
  assert.equal(rawLogprobs({ logprobs: null }), null);
});

Deno.test("rawLogprobs() reads llama.cpp's objects, with the bytes of half a character", () => {
  const half = { id: 5, token: "\uFFFD", bytes: [0xc3], logprob: -0.5 };
  const content = [{ ...half, top_logprobs: [{ ...half, id: 6, logprob: -2 }] }];
  const expected = [{
    id: 5,
    text: "\uFFFD",
    bytes: [0xc3],
    logprob: -0.5,
    top: [{ id: 6, text: "\uFFFD", bytes: [0xc3], logprob: -2 }],
  }];
  assert.deepEqual(rawLogprobs({ logprobs: { content } }), expected);
  assert.deepEqual(rawLogprobs({ completion_probabilities: content }), expected);
});
