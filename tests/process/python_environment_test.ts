import assert from "node:assert/strict";
import { join } from "node:path";
import { InfrastructureError, UsageError } from "../../lib/core/mod.ts";
import { ensurePythonEnvironment, PYTHON_ENVIRONMENTS } from "../../lib/process/mod.ts";

/**
 * A stand-in for `python3` that makes "environments" in no time: asked for `venv` it copies itself to `DIR/bin/python`, emptying DIR
 * before with `--clear` as the real one does; there it plays pip and appends its arguments to `calls.txt` beside it.
 */
const FAKE_PYTHON = `#!/bin/sh
here=$(/usr/bin/dirname "$0")
case "$*" in
  *version_info*) echo \${FAKE_VERSION:-3 12} ;;
  *'run_module("venv"'*)
    [ -n "$FAKE_VENV_ERROR" ] && { echo "$FAKE_VENV_ERROR"; exit 1; }
    for folder; do :; done
    case "$*" in *" --clear "*) /bin/rm -rf "$folder" ;; esac
    /bin/mkdir -p "$folder/bin" && /bin/cp "$0" "$folder/bin/python" ;;
  *)
    shift 3
    echo "$@" >> "$here/calls.txt"
    case "$*" in *--index-url*) [ -n "$FAKE_NO_INDEX" ] && exit 1 ;; esac
    case "$*" in *torch*) [ -n "$FAKE_NO_TORCH" ] && exit 1 ;; esac
    [ -n "$FAKE_PIP_ERROR" ] && { echo "$FAKE_PIP_ERROR" >&2; exit 1; }
    echo "  Downloading sympy-1.14.0-py3-none-any.whl (6.3 MB)"
    echo "Installing collected packages: sympy" ;;
esac
`;

async function withFake(
  test: (fake: { root: string; searchPath: string; messages: string[] }) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "rstar-python-" });
  const searchPath = join(root, "bin");
  await Deno.mkdir(searchPath);
  await Deno.writeTextFile(join(searchPath, "python3"), FAKE_PYTHON, { mode: 0o755 });
  await test({ root, searchPath, messages: [] });
  await Deno.remove(root, { recursive: true });
}

Deno.test("ensurePythonEnvironment() builds once, and says what it does", () =>
  withFake(async ({ root, searchPath, messages }) => {
    const options = {
      projectRoot: root,
      searchPath,
      onProgress: (message: string) => messages.push(message),
    };
    const environment = await ensurePythonEnvironment("confined", options);
    const folder = join(root, ".rstar", "python", "confined");
    assert.deepEqual(environment, { name: "confined", interpreter: join(folder, "bin", "python") });
    assert.deepEqual(messages, [
      `confined: installing 6 Python packages into ${folder}, once`,
      "confined: unpacking 1 package, 6 MB fetched",
      "confined: the Python environment is ready",
    ]);
    messages.length = 0;
    assert.deepEqual(await ensurePythonEnvironment("confined", options), environment);
    assert.deepEqual(messages, []);
  }));

Deno.test("ensurePythonEnvironment() builds once when several ask at the same time", () =>
  withFake(async ({ root, searchPath, messages }) => {
    const ask = () =>
      ensurePythonEnvironment("dev", {
        projectRoot: root,
        searchPath,
        onProgress: (message) => messages.push(message),
      });
    await Promise.all([ask(), ask(), ask()]);
    const count = (text: string) => messages.filter((message) => message.includes(text)).length;
    assert.equal(count("installing"), 1);
    assert.equal(count("waiting"), 2);
  }));

Deno.test("ensurePythonEnvironment() rebuilds what is half built or out of date", () =>
  withFake(async ({ root, searchPath, messages }) => {
    const ask = async (torch: string) => {
      messages.length = 0;
      await ensurePythonEnvironment("models", {
        projectRoot: root,
        searchPath,
        torch,
        onProgress: (message) => messages.push(message),
      });
      return messages.length > 0;
    };
    const folder = join(root, ".rstar", "python", "models");
    const stamp = join(folder, "rstar_stamp.json");
    assert.equal(await ask("cuda"), true);
    assert.equal(await ask("cuda"), false);
    assert.equal(await ask("cpu"), true);
    await Deno.writeTextFile(join(folder, "litter"), "");
    await Deno.remove(stamp);
    assert.equal(await ask("cpu"), true);
    await assert.rejects(Deno.stat(join(folder, "litter")), Deno.errors.NotFound);
    await Deno.writeTextFile(stamp, '{"torn');
    assert.equal(await ask("cpu"), true);
    await Deno.remove(join(folder, "bin", "python"));
    assert.equal(await ask("cpu"), true);
    assert.equal(await ask("cpu"), false);
  }));

Deno.test("ensurePythonEnvironment() installs what is pinned by hash, wheels alone, and a CPU build of torch or none", () =>
  withFake(async ({ root, searchPath }) => {
    const calls = async (torch: string, env = {}) => {
      const options = { projectRoot: root, searchPath, torch, env };
      const { interpreter } = await ensurePythonEnvironment("models", options);
      const text = await Deno.readTextFile(join(interpreter, "..", "calls.txt"));
      return text.replaceAll(/^install .* --progress-bar off --only-binary :all: /gm, "")
        .replaceAll(/--requirement \S+/g, "--requirement FILE").trim().split("\n");
    };
    const pinned = "--no-deps --require-hashes --requirement FILE";
    const cpu = "--retries 0 --timeout 10 --no-deps " +
      "--index-url https://download.pytorch.org/whl/cpu torch==2.13.0+cpu";
    assert.deepEqual(await calls("cuda"), [pinned, "torch==2.13.0"]);
    assert.deepEqual(await calls("https://host.invalid/simple"), [
      "--no-deps --index-url https://host.invalid/simple torch==2.13.0",
      pinned,
      "torch",
    ]);
    assert.deepEqual(await calls("cpu", { FAKE_NO_INDEX: "1" }), [
      cpu,
      "--no-deps torch==2.13.0+cpu",
      pinned,
    ]);
    await assert.rejects(
      calls("https://other.invalid/simple", { FAKE_NO_INDEX: "1" }),
      InfrastructureError,
    );
  }));

Deno.test("ensurePythonEnvironment() takes no build with CUDA where there is none without, and says how large it is", () =>
  withFake(async ({ root, searchPath }) => {
    await assert.rejects(
      ensurePythonEnvironment("models", {
        projectRoot: root,
        searchPath,
        env: { FAKE_NO_TORCH: "1" },
      }),
      {
        name: "InfrastructureError",
        message:
          /^Cannot install torch==2\.13\.0\+cpu, .*; let pip reach it .*--torch cuda \(0\.5 GB, and gigabytes/,
      },
    );
  }));

Deno.test("every requirement is one version with hashes", async () => {
  for (const name of PYTHON_ENVIRONMENTS) {
    const url = new URL(`../../lib/process/requirements/${name}.txt`, import.meta.url);
    const lines = (await Deno.readTextFile(url)).replaceAll("\\\n", "").trim().split("\n")
      .filter((line) => !line.startsWith("#"));
    assert.ok(lines.length > 0);
    for (const line of lines) {
      assert.match(line, /^[\w.-]+==[\w.]+( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+$/, name);
    }
  }
});

Deno.test("ensurePythonEnvironment() names the package that is missing", () =>
  withFake(async ({ root, searchPath }) => {
    const ask = (env: Record<string, string>, path = searchPath) =>
      ensurePythonEnvironment("confined", { projectRoot: root, searchPath: path, env });
    await assert.rejects(
      ask({}, "/nonexistent"),
      new UsageError(
        'Cannot find "python3" on the search path: expected Python 3.11 or newer; ' +
          'install it with "apt-get install python3 python3-venv"',
      ),
    );
    const python = join(searchPath, "python3");
    await assert.rejects(
      ask({ FAKE_VERSION: "3 9" }),
      new UsageError(
        `Cannot use "${python}": expected Python 3.11 or newer, got 3.9; ` +
          "install a newer python3, or put one first on PATH",
      ),
    );
    await assert.rejects(
      ask({ FAKE_VENV_ERROR: "... because ensurepip is not available." }),
      new UsageError(
        `Cannot create a virtual environment with "${python}": its venv module is missing or ` +
          'incomplete; install it with "apt-get install python3-venv"',
      ),
    );
    await assert.rejects(
      ask({ FAKE_PIP_ERROR: "ERROR: no network" }),
      new InfrastructureError(
        "process",
        'Cannot install the Python packages of "confined": pip failed; ERROR: no network',
      ),
    );
    assert.equal((await ask({})).name, "confined");
  }));
