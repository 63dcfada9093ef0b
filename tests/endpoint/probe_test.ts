import assert from "node:assert/strict";
import { openTransport, probePolicy, probePpm } from "../../lib/endpoint/mod.ts";
import { completions, scriptedServer } from "./_server.ts";

const models = (...ids: string[]) => () =>
  Response.json({ object: "list", data: ids.map((id) => ({ id })) });

Deno.test("probePolicy() finds the only model that is served", async () => {
  await using server = scriptedServer([models("m"), () => completions(["a", "b"])]);
  const findings = await probePolicy(openTransport(server.url), {
    flag: "--policy",
    api: "completions",
  });
  assert.deepEqual(findings, { url: server.url, model: "m", served: ["m"], notices: [] });
});

Deno.test("probePolicy() says that a server ignores n", async () => {
  await using server = scriptedServer([models("m"), () => completions(["a"])]);
  const { notices } = await probePolicy(openTransport(server.url), {
    flag: "--policy",
    api: "completions",
  });
  assert.deepEqual(notices, [`${server.url} ignores n: every candidate is a request of its own`]);
});

Deno.test("probePolicy() refuses a model that is not served, and a choice it cannot make", async () => {
  await using server = scriptedServer([models("a", "b")]);
  const transport = openTransport(server.url);
  const options = { flag: "--policy", api: "completions" } as const;
  await assert.rejects(probePolicy(transport, { ...options, model: "c" }), {
    message: `Cannot use model "c" of ${server.url}: it serves a, b; check --policy-model`,
  });
  await assert.rejects(probePolicy(transport, options), {
    message: `Cannot choose a model of ${server.url}: it serves a, b; name one with --policy-model`,
  });
});

Deno.test("probePpm() says what to do when nobody listens", async () => {
  const server = scriptedServer([models("m")]);
  await server[Symbol.asyncDispose]();
  await assert.rejects(probePpm(openTransport(server.url), { flag: "--ppm" }), {
    message:
      `Cannot get a reply from ${server.url}/models: connection refused; start the server or check --ppm`,
  });
});
