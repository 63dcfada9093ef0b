import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runProcess } from "../../lib/process/mod.ts";
import { BWRAP, INTERPRETER, testReal, TIERS } from "../real_sandbox.ts";

const FUZZER = fileURLToPath(new URL("../../lib/sandbox/attacks/fuzz.py", import.meta.url));
const SECONDS = 10;

for (const tier of TIERS) {
  testReal(`a worker of tier ${tier} refuses wrong frames cleanly`, async () => {
    const options = ["--tier", tier, "--seconds", String(SECONDS), "--seed", "1"];
    if (BWRAP !== null) options.push("--bwrap", BWRAP);
    const output = await runProcess(INTERPRETER, ["-s", "-P", FUZZER, ...options], {
      env: { LANG: "C.UTF-8" },
    });
    assert.equal(output.code, 0, output.stdout + output.stderr);
    const line = JSON.parse(output.stdout);
    assert(line.refused > 5, output.stdout);
    assert.deepEqual(line.problems, []);
  });
}
