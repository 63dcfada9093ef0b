import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runProcess } from "../../lib/process/mod.ts";
import { BWRAP, INTERPRETER } from "../real_sandbox.ts";

const FUZZER = fileURLToPath(new URL("../../lib/sandbox/attacks/fuzz.py", import.meta.url));

/** Lets the fuzzer speak wrongly to workers of a tier. @throws {AssertionError} If one did anything but refuse. */
export async function fuzz(
  tier: string,
  options: { readonly seconds: number; readonly seed: number; readonly leastRefused: number },
): Promise<void> {
  const { seconds, seed, leastRefused } = options;
  const args = ["--tier", tier, "--seconds", String(seconds), "--seed", String(seed)];
  if (BWRAP !== null) args.push("--bwrap", BWRAP);
  const { code, stdout, stderr } = await runProcess(INTERPRETER, ["-s", "-P", FUZZER, ...args], {
    env: { LANG: "C.UTF-8" },
  });
  assert.equal(code, 0, stdout + stderr);
  const line = JSON.parse(stdout);
  assert(line.refused >= leastRefused, stdout);
  assert.deepEqual(line.problems, []);
}
