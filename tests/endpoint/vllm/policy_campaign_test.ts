/** The contract of a policy over real vLLM on the CPU: `deno task test:vllm`. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  completionsPolicy,
  EndpointPool,
  openTransport,
  probePolicy,
} from "../../../lib/endpoint/mod.ts";
import { policyPrompt, STOP_STRINGS } from "../../../lib/core/mod.ts";
import { testPolicy } from "../../conformance/policy.ts";
import { policyAt } from "../_connect.ts";
import { installVllm, startVllm, type VllmServer } from "./_server.ts";

const STARTER = {
  model: fileURLToPath(new URL("../../../fixtures/starter/base", import.meta.url)),
  servedName: "policy",
  args: ["--max-model-len", "4096"],
};

let server: VllmServer | null = null;

Deno.test.beforeAll(async () => {
  await installVllm();
  server = await startVllm(STARTER);
});

Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());

testPolicy("vLLM", {
  ...policyAt(() => server?.url ?? ""),
  // The CPU build dies of seeds (docs/endpoints.md, "What is sent"): none is sent.
  maxModelLength: 4096,
  writesFormat: true,
  takesSeeds: false,
  isProcess: true,
});

Deno.test({
  name: "probePolicy() finds vLLM to do everything that search needs",
  sanitizeOps: false,
  fn: async () => {
    const findings = await probePolicy(openTransport(server?.url ?? ""), {
      flag: "--policy",
      api: "completions",
    });
    assert.deepEqual({ ...findings, url: "" }, {
      url: "",
      model: "policy",
      served: ["policy"],
      maxModelLength: 4096,
      honoursN: true,
      countsTokens: true,
      stopStrings: "kept",
      formatTokens: "whole",
      takesSeed: null,
      offersLoad: true,
      tokens: {
        continuation: "ids",
        ends: { ids: [0], texts: ["<|endoftext|>"] },
        field: "logprobs",
        maxAlternatives: 20,
        tellsIds: true,
        tokenizeField: "prompt",
      },
      notices: [],
    });
  },
});

Deno.test({
  name: "a vLLM that is killed and started again is used again, and no request is lost",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    assert.ok(server !== null);
    const { url, port } = server;
    await using pool = new EndpointPool([openTransport(url)], {
      retry: { attempts: 100 },
      breaker: { maxOpenMs: 5_000 },
    });
    const policy = completionsPolicy({ pool, model: "policy", sendsSeed: false, findings: {} });
    const replies = Promise.all(Array.from({ length: 200 }, (_, i) =>
      policy.sample({
        prompt: policyPrompt(`What is ${i} + 1?`),
        n: 4,
        stop: STOP_STRINGS,
        temperature: 1,
        topP: 1,
        maxTokens: 128,
        seed: i,
      })));
    while (pool.metrics().requests < 40) await new Promise((done) => setTimeout(done, 20));
    await server[Symbol.asyncDispose]();
    server = await startVllm({ ...STARTER, port });
    assert.equal((await replies).filter(({ completions }) => completions.length === 4).length, 200);
    const { failures } = pool.metrics();
    assert.ok(Object.values(failures).some(({ count }) => count > 0), JSON.stringify(failures));
  },
});
