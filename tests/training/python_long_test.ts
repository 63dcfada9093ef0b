import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runProcess } from "../../lib/process/mod.ts";
import { INTERPRETER, modelTest } from "../engine/_models.ts";

modelTest("the unit tests of the trainer's Python pass", async () => {
  const tests = fileURLToPath(new URL("./python", import.meta.url));
  const room = fileURLToPath(new URL("../../lib/training", import.meta.url));
  const output = await runProcess(INTERPRETER, ["-B", "-m", "unittest", "discover", "-s", tests], {
    env: { PYTHONPATH: room },
  });
  assert.equal(output.code, 0, output.stderr);
  assert.match(output.stderr, /^Ran [1-9]\d* tests/m);
});
