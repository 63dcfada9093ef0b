import assert from "node:assert/strict";
import { EvalConfig, EvolveConfig, SynthConfig } from "../../lib/config/mod.ts";
import { InfrastructureError } from "../../lib/core/mod.ts";
import type { Policy } from "../../lib/endpoint/mod.ts";
import { openModels } from "../../lib/models/open_models.ts";
import { openRoundServer } from "../../lib/models/round_server.ts";
import { serveModels } from "../../lib/models/serve_measured.ts";
import { type AdditionEndpoint, additionEndpoint } from "../cli/_addition_world.ts";

const NOTHING = {
  onProgress: () => {},
  signal: new AbortController().signal,
  host: {
    environment: Deno.env.toObject(),
    interpreter: () => Promise.reject(new TypeError("no engine is needed")),
  },
};
const TIMEOUT = { requestTimeout: "1s" };

/** Policy behind an endpoint, and no PPM. */
const at = (url: string) => ({
  policy: { kind: "urls" as const, urls: [url], model: null, serves: null },
  ppm: null,
});
const asked = (url: string) => ({
  ...at(url),
  policyApi: "completions" as const,
  calibration: null,
});

/** Opens the policy of an endpoint as one command does, with a timeout far below the default. */
type Open = (url: string, resources: AsyncDisposableStack) => Promise<Policy>;

const commands: Readonly<Record<string, Open>> = {
  synth: async (url, resources) =>
    (await openModels(asked(url), SynthConfig.parse(TIMEOUT), { ...NOTHING, resources })).policy,
  eval: async (url, resources) => {
    const measured = {
      ...at(url),
      label: "x",
      runNo: null,
      roundNo: null,
      policyArtifact: null,
      ppmArtifact: null,
      calibration: { bias: 0, scale: 1 },
    };
    const options = {
      ...NOTHING,
      resources,
      policyApi: "completions" as const,
      needsPpm: false,
      modelLength: 64,
      replies: null,
    };
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
    const config = SynthConfig.parse({ requestTimeout: "0.2s" });
    await assert.rejects(
      () => openModels(asked(endpoint.url), config, { ...NOTHING, resources }),
      (error) => {
        assert.ok(error instanceof InfrastructureError, String(error));
        assert.match(error.message, /no reply in time \(0\.2 s\)/);
        return true;
      },
    );
  });
});
