import assert from "node:assert/strict";
import { EvalProgress } from "../../../lib/cli/eval/progress.ts";
import { InfrastructureError } from "../../../lib/core/mod.ts";

Deno.test("EvalProgress says no speed, share and time before a sample is made", () => {
  const progress = new EvalProgress();
  assert.equal(progress.picture().line, "getting ready");
  progress.begin("base, math500, greedy", { done: 2, pending: 5 });
  assert.equal(progress.picture().line, "base, math500, greedy: samples 2/7");
  progress.failed(new InfrastructureError("endpoint", "Cannot ask: nobody listens"));
  assert.match(progress.picture().lines[1] ?? "", /^1 samples failed .*nobody listens$/);
});
