import assert from "node:assert/strict";
import { InfrastructureError } from "../../lib/core/mod.ts";
import { runForeground } from "../../lib/process/mod.ts";

Deno.test("runForeground() says which program is missing", async () => {
  await assert.rejects(
    runForeground("/no/such/program", [], { env: {}, sharesTerminal: false }),
    (error: unknown) =>
      error instanceof InfrastructureError &&
      error.message === 'Cannot start "/no/such/program": no such executable',
  );
});

Deno.test("runForeground() returns the exit code, and 128 and its number for a signal", async () => {
  const run = (script: string) =>
    runForeground("/bin/sh", ["-c", script], { env: {}, sharesTerminal: false });
  assert.equal(await run("exit 3"), 3);
  assert.equal(await run("kill -TERM $$"), 143);
});
