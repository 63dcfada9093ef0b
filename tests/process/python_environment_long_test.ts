import assert from "node:assert/strict";
import { ensurePythonEnvironment, findExecutable, runProcess } from "../../lib/process/mod.ts";

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

Deno.test("ensurePythonEnvironment() builds anew with no more than the launcher grants", async () => {
  const root = await Deno.makeTempDir({ prefix: "rstar-python-" });
  const searchPath = Deno.env.get("PATH") ?? "";
  const python = await findExecutable("python3", searchPath) ?? "";
  const folder = `${root}/.rstar/python/confined`;
  await Deno.mkdir(`${folder}/bin`, { recursive: true });
  await Deno.writeTextFile(`${folder}/left`, "of an interrupted build");
  const script = `${root}/ensure.ts`;
  const options = { projectRoot: root, searchPath, env: pipVariables() };
  const door = new URL("../../lib/process/mod.ts", import.meta.url);
  await Deno.writeTextFile(
    script,
    `import { ensurePythonEnvironment } from ${JSON.stringify(door)};\n` +
      `await ensurePythonEnvironment("confined", ${JSON.stringify(options)});\n`,
  );
  const output = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-check", "--allow-read", "--allow-env"],
      ...[`--config=${new URL("../../deno.json", import.meta.url).pathname}`],
      `--allow-write=${root}/.rstar`,
      `--allow-run=${folder}/bin/python,${python}`,
      script,
    ],
  }).output();
  assert.equal(output.code, 0, new TextDecoder().decode(output.stderr));
  await assert.rejects(Deno.stat(`${folder}/left`), Deno.errors.NotFound);
  assert.ok((await Deno.stat(`${folder}/rstar_stamp.json`)).isFile);
  await Deno.remove(root, { recursive: true });
});

function pipVariables(): Record<string, string> {
  const names = /^(HOME|SSL_CERT_FILE|PIP_.*|(https?|no|all)_proxy)$/i;
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => names.test(name)),
  );
}
