import assert from "node:assert/strict";
import { countLevels, finding, findingLine, summaryLine } from "../../../lib/cli/doctor/finding.ts";
import { UsageError } from "../../../lib/core/mod.ts";

Deno.test.each<[string, unknown, RegExp]>([
  ["an error of ours", new UsageError("too small; free some"), /^too small; free some$/],
  ["a file that is not there", new Deno.errors.NotFound("os error 2"), /^there is no such file.*2/],
  ["what Deno does not allow", new Deno.errors.NotCapable("Requires read access"), /read access/],
  ["an abort", new DOMException("Signal timed out.", "TimeoutError"), /timed out/],
  ["an error without words", new TypeError(""), /^TypeError$/],
  ["something that is no error", "broken", /^broken$/],
])("finding() makes %s a failure of what is examined", async (_name, thrown, detail) => {
  const found = await finding("disk", () => {
    throw thrown;
  });
  assert.deepEqual([found.name, found.level], ["disk", "fail"]);
  assert.match(found.detail, detail);
});

Deno.test("finding() does not wait for ever", async () => {
  const found = await finding("endpoint", () => new Promise<string>(() => {}), 1);
  assert.deepEqual(found, { name: "endpoint", level: "fail", detail: "no answer within 0.001 s" });
});

Deno.test("a summary counts each level and says what that means for a run", async () => {
  const fine = await finding("clock", () => "set");
  const poor = await finding("sandbox", () => ({ warning: "no bubblewrap: apt-get install it" }));
  const bad = await finding("disk", () => Promise.reject(new UsageError("full")));
  assert.deepEqual([fine, poor, bad].map(findingLine), [
    "ok    clock: set",
    "warn  sandbox: no bubblewrap: apt-get install it",
    "FAIL  disk: full",
  ]);
  assert.deepEqual(countLevels([fine, poor, bad]), { ok: 1, warn: 1, fail: 1 });
  assert.equal(summaryLine([fine]), "1 ok, 0 warnings, 0 failures: this machine is ready");
  assert.match(summaryLine([fine, poor]), /^1 ok, 1 warning, 0 failures: runs work here/);
  assert.match(summaryLine([fine, poor, bad]), /^1 ok, 1 warning, 1 failure: a run would stop/);
});
