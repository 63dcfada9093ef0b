import assert from "node:assert/strict";
import { serveModels } from "../../lib/cli/eval/models.ts";
import { openRoundServer } from "../../lib/cli/evolve/models.ts";
import { openModels } from "../../lib/cli/synth/models.ts";
import { EvalConfig, EvolveConfig, SynthConfig } from "../../lib/config/mod.ts";
import { InfrastructureError } from "../../lib/core/mod.ts";
import type { Policy } from "../../lib/endpoint/mod.ts";
import { type AdditionEndpoint, additionEndpoint } from "./_addition_world.ts";

const NOTHING = { onProgress: () => {}, signal: new AbortController().signal };
const TIMEOUT = { requestTimeout: "1s" };

/** Opens the policy of an endpoint as one command does, with a timeout far below the default. */
type Open = (url: string, resources: AsyncDisposableStack) => Promise<Policy>;

const commands: Readonly<Record<string, Open>> = {
  synth: async (url, resources) => {
    const config = SynthConfig.parse({ ...TIMEOUT, policy: [url] });
    const plan = {
      spec: { guidance: "terminal" as const, calibration: null },
      policyFolder: null,
      ppmFolder: null,
    };
    return (await openModels(config, plan, { ...NOTHING, resources })).policy;
  },
  eval: async (url, resources) => {
    const measured = {
      label: "x",
      runNo: null,
      roundNo: null,
      policyArtifact: null,
      ppmArtifact: null,
      policy: { kind: "urls" as const, urls: [url], serves: null },
      ppm: null,
      calibration: { bias: 0, scale: 1 },
    };
    const options = { ...NOTHING, resources, needsPpm: false, modelLength: 64, replies: null };
    return (await serveModels(measured, EvalConfig.parse(TIMEOUT), options)).policy;
  },
  evolve: async (url, resources) => {
    const ready = JSON.stringify({ policy: [url] });
    const script = `console.log(${
      JSON.stringify(ready)
    }); await Deno.stdin.readable.pipeTo(new WritableStream());`;
    const config = EvolveConfig.parse({
      ...TIMEOUT,
      hooks: { serve: [Deno.execPath(), "eval", script] },
    });
    const server = resources.use(await openRoundServer(config, NOTHING));
    return (await server.use({ round: 1, policy: "", isBootstrap: false, ppm: null })).policy;
  },
};

const request = {
  prompt: "What is 2 + 1?",
  n: 2,
  stop: ["<end_of_step>"],
  temperature: 1,
  topP: 1,
  maxTokens: 64,
  seed: 7,
};

/** Leaves requests open until the body has ended: a server can only be shut down when none is. */
async function withSilence(
  endpoint: AdditionEndpoint,
  body: (silence: Promise<void>) => Promise<void>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  try {
    await body(promise);
  } finally {
    endpoint.onRequest = () => {};
    resolve();
  }
}

for (const [command, open] of Object.entries(commands)) {
  Deno.test(`${command} asks an endpoint again that says nothing for the time of --request-timeout`, async () => {
    await using endpoint = additionEndpoint();
    await using resources = new AsyncDisposableStack();
    const policy = await open(endpoint.url, resources);
    await withSilence(endpoint, async (silence) => {
      let requests = 0;
      endpoint.onRequest = () => ++requests === 1 ? silence : undefined;
      const { completions, seconds } = await policy.sample(request);
      assert.equal(completions.length, 2);
      assert.equal(requests, 2);
      // By the default the first request would be open for three minutes.
      assert.ok(seconds >= 1 && seconds < 90, `${seconds} s`);
    });
  });
}

Deno.test("an endpoint that says nothing at all is an infrastructure failure, and no reply", async () => {
  await using endpoint = additionEndpoint();
  await using resources = new AsyncDisposableStack();
  await withSilence(endpoint, async (silence) => {
    endpoint.onRequest = () => silence;
    const config = SynthConfig.parse({ requestTimeout: "0.2s", policy: [endpoint.url] });
    const plan = {
      spec: { guidance: "terminal" as const, calibration: null },
      policyFolder: null,
      ppmFolder: null,
    };
    await assert.rejects(
      () => openModels(config, plan, { ...NOTHING, resources }),
      (error) => {
        assert.ok(error instanceof InfrastructureError, String(error));
        assert.match(error.message, /no reply in time \(0\.2 s\)/);
        return true;
      },
    );
  });
});
