import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runProcess } from "../../lib/process/mod.ts";
import { INTERPRETER } from "../real_sandbox.ts";

const LIBRARY = fileURLToPath(new URL("../../lib/sandbox", import.meta.url));
const TESTS = fileURLToPath(new URL("./python", import.meta.url));

/**
 * Runs the supervisor's own tests, those in files of a pattern. As in the product the working folder is not on Python's path: what lies
 * there, a history of one's own for instance, need not be readable to steps.
 */
export async function runUnittests(pattern: string): Promise<void> {
  const output = await runProcess(
    INTERPRETER,
    ["-s", "-P", "-m", "unittest", "discover", "-s", TESTS, "-p", pattern],
    { env: { PYTHONPATH: LIBRARY, LANG: "C.UTF-8" } },
  );
  assert.equal(output.code, 0, output.stderr);
  assert.match(output.stderr, /Ran [1-9]\d* tests/);
}
