import {
  commonTokenFindings,
  completionsPolicy,
  EndpointPool,
  memoryReplyStore,
  openTransport,
  poolingPpm,
  probePolicy,
  recordedPolicy,
  recordedPpm,
} from "../../lib/endpoint/mod.ts";
import { testPolicy } from "../conformance/policy.ts";
import { testPpm } from "../conformance/ppm.ts";
import { modelServer, type ModelServerQuirks } from "./_model_server.ts";
import type { ScriptedServer } from "./_server.ts";

const starts: (() => void)[] = [];
const servers: ScriptedServer[] = [];

Deno.test.beforeAll(() => starts.forEach((start) => start()));

Deno.test.afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]();
});

/** Clients of one server, which runs as long as the tests of this file. */
function clients(quirks: ModelServerQuirks) {
  let url = "";
  starts.push(() => {
    const server = modelServer(quirks);
    servers.push(server);
    ({ url } = server);
  });
  const pool = () => new EndpointPool([openTransport(url)]);
  const policy = async (model: string) => {
    const findings = await probePolicy(openTransport(url), { api: "completions", model: "policy" });
    return completionsPolicy({
      pool: pool(),
      model,
      sendsSeed: true,
      tokens: commonTokenFindings([findings]),
      findings: {},
    });
  };
  const calibration = { bias: 0, scale: 1 };
  return {
    policy: () => policy("policy"),
    unknown: () => policy("nobody"),
    ppm: () =>
      Promise.resolve(poolingPpm({ pool: pool(), model: "ppm", calibration, findings: {} })),
  };
}

const TOYS: Readonly<Record<string, ModelServerQuirks>> = {
  "a server like vLLM": { hasTokenize: true, hasMetrics: true, logprobs: "ids" },
  "a server like SGLang": { hasTokenize: true, logprobs: "text" },
  "a server like llama.cpp": { hasTokenize: true, logprobs: "objects" },
  "a server that ignores n, counts nothing and names stop strings": {
    ignoresN: true,
    hidesUsage: true,
    stop: "named",
  },
  "a server that ignores stop strings": { stop: "ignored" },
};

for (const [name, quirks] of Object.entries(TOYS)) {
  const { policy, unknown } = clients(quirks);
  testPolicy(name, {
    open: policy,
    openUnknownModel: unknown,
    maxModelLength: 4096,
    writesFormat: true,
    takesSeeds: true,
    showsTokens: quirks.logprobs !== undefined,
  });
}

const live = clients({ hasTokenize: true, logprobs: "ids" });
testPolicy("recorded replies", {
  open: async () => {
    const options = { store: memoryReplyStore() };
    const policy = await live.policy();
    const recording = recordedPolicy(policy, { ...options, mode: "record" });
    const replaying = recordedPolicy(policy, { ...options, mode: "replay" });
    return {
      description: policy.description,
      tokens: replaying.tokens ?? null,
      sample: async (request, call) => {
        await recording.sample(request, call);
        return await replaying.sample(request, call);
      },
    };
  },
  maxModelLength: 4096,
  writesFormat: true,
  takesSeeds: true,
  showsTokens: true,
});

const reference = (texts: readonly string[]) =>
  Promise.resolve(texts.map((text) => text.length - 20));
testPpm("a server like vLLM", { open: clients({ activation: "asked" }).ppm, reference });
testPpm("a server that counts nothing", {
  open: clients({ activation: "never", hidesUsage: true }).ppm,
  reference,
});

const scoring = clients({ activation: "asked" });
testPpm("recorded replies", {
  open: async () => {
    const options = { store: memoryReplyStore() };
    const ppm = await scoring.ppm();
    const recording = recordedPpm(ppm, { ...options, mode: "record" });
    const replaying = recordedPpm(ppm, { ...options, mode: "replay" });
    return {
      ...ppm,
      score: async (texts, call) => {
        await recording.score(texts, call);
        return await replaying.score(texts, call);
      },
    };
  },
  reference,
});
