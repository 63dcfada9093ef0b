import assert from "node:assert/strict";
import { limitedCommand } from "./_limited_command.ts";

const sh = (script: string, limitS: number) =>
  limitedCommand("/bin/sh", ["-c", script], { cwd: "/", limitS });
const text = (output: Uint8Array) => new TextDecoder().decode(output);

Deno.test("limitedCommand() gives output and exit of a program that ends", async () => {
  const { success, timedOut, output } = await sh("echo out; echo err >&2; exit 3", 60);
  assert.deepEqual({ success, timedOut }, { success: false, timedOut: false });
  assert.deepEqual(text(output).split("\n").sort(), ["", "err", "out"]);
});

Deno.test("limitedCommand() stops a program that hangs, with its children, and keeps what it printed", async () => {
  const { success, timedOut, output } = await sh("echo begun; sleep 1000 & sleep 1000", 0.2);
  assert.deepEqual({ success, timedOut }, { success: false, timedOut: true });
  assert.equal(text(output), "begun\n");
});
