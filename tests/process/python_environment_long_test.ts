import assert from "node:assert/strict";
import { ensurePythonEnvironment, runProcess } from "../../lib/process/mod.ts";

Deno.test("ensurePythonEnvironment() makes the confined environment work, and finds it again at once", async () => {
  const root = await Deno.makeTempDir({ prefix: "rstar-python-" });
  const options = {
    projectRoot: root,
    searchPath: Deno.env.get("PATH") ?? "",
    env: pipVariables(),
  };
  const [first, second] = await Promise.all([
    ensurePythonEnvironment("confined", options),
    ensurePythonEnvironment("confined", options),
  ]);
  assert.deepEqual(first, second);
  const code = "import math_verify, numpy, sympy; print(numpy.__version__, sympy.__version__)";
  const output = await runProcess(first.interpreter, ["-I", "-c", code]);
  assert.deepEqual(output, { code: 0, signal: null, stdout: "2.4.6 1.14.0\n", stderr: "" });
  const started = performance.now();
  await ensurePythonEnvironment("confined", options);
  assert.ok(performance.now() - started < 500);
  await Deno.remove(root, { recursive: true });
});

function pipVariables(): Record<string, string> {
  const names = /^(HOME|SSL_CERT_FILE|PIP_.*|(https?|no|all)_proxy)$/i;
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => names.test(name)),
  );
}
