import assert from "node:assert/strict";
import { PipProgress } from "../../lib/process/_pip_progress.ts";

/** Progress over a clock that the test sets. */
function progressAt(): { progress: PipProgress; clock: { ms: number } } {
  const clock = { ms: 0 };
  return { progress: new PipProgress(52, () => clock.ms), clock };
}

Deno.test("PipProgress says how many of how many packages, how much, and what comes now", () => {
  const { progress, clock } = progressAt();
  const read = (line: string) => progress.read(line);
  assert.equal(read("Collecting sympy==1.14.0"), null);
  assert.equal(read("  Downloading sympy-1.14.0-py3-none-any.whl.metadata (12 kB)"), null);
  assert.equal(read("  Downloading sympy-1.14.0-py3-none-any.whl (6.3 MB)"), null);
  assert.equal(
    read("Processing /wheels/mpmath-1.3.0-py3-none-any.whl (from -r models.txt (line 8))"),
    null,
  );
  clock.ms = 10_000;
  assert.equal(
    read("  Using cached https://host/a/b/numpy-2.4.6-cp311-cp311-linux.whl (16 MB)"),
    "2 of 52 fetched, 6 MB; fetching numpy 2.4.6 (16 MB)",
  );
  assert.equal(read("  Downloading tqdm-4.70.1-py3-none-any.whl (78 kB)"), null);
  assert.equal(
    read("Installing collected packages: a, b"),
    "unpacking 4 packages, 22 MB fetched",
  );
});

Deno.test("PipProgress tells of a large file at once", () => {
  const { progress } = progressAt();
  assert.equal(
    progress.read(
      "  Downloading torch-2.13.0%2Bcpu-cp311-cp311-manylinux_2_28_x86_64.whl (180.1 MB)",
    ),
    "0 of 52 fetched, 0 MB; fetching torch 2.13.0+cpu (180.1 MB)",
  );
});
