import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runProcess } from "../../lib/process/mod.ts";
import { INTERPRETER, testReal } from "../real_sandbox.ts";

const LIBRARY = fileURLToPath(new URL("../../lib/sandbox", import.meta.url));
const TESTS = fileURLToPath(new URL("./python", import.meta.url));

testReal("the supervisor's own unit tests pass", async () => {
  const output = await runProcess(
    INTERPRETER,
    ["-s", "-m", "unittest", "discover", "-s", TESTS],
    { env: { PYTHONPATH: LIBRARY, LANG: "C.UTF-8" } },
  );
  assert.equal(output.code, 0, output.stderr);
  assert.match(output.stderr, /Ran \d\d+ tests/);
});
