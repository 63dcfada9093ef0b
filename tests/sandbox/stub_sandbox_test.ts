import assert from "node:assert/strict";
import { SandboxUnavailableError } from "../../lib/core/mod.ts";
import { openStubSandbox } from "../../lib/sandbox/mod.ts";
import { testSandbox } from "../conformance/sandbox.ts";

testSandbox("openStubSandbox()", (script) => Promise.resolve(openStubSandbox(script)));

Deno.test("openStubSandbox() gives the script the path of codes", async () => {
  await using sandbox = openStubSandbox((path) => ({ stdout: path.join(";") }));
  await using session = sandbox.openSession();
  const { state } = await session.run({ parent: null, code: "a", keep: true });
  assert.equal((await session.run({ parent: state, code: "b", keep: false })).stdout, "a;b");
});

Deno.test("openStubSandbox() lets the script play a lost sandbox", async () => {
  await using sandbox = openStubSandbox(() => {
    throw new SandboxUnavailableError("Cannot run a step: the worker is gone");
  });
  await using session = sandbox.openSession();
  await assert.rejects(session.run({ parent: null, code: "a", keep: false }), {
    name: "SandboxUnavailableError",
    message: "Cannot run a step: the worker is gone",
  });
  assert.equal(sandbox.metrics().running, 0);
});
