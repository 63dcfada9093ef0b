import assert from "node:assert/strict";
import { join } from "node:path";
import { InfrastructureError, UsageError } from "../../lib/core/mod.ts";
import { ensurePythonEnvironment, shortProgress } from "../../lib/process/mod.ts";

/**
 * A stand-in for `python3` that makes "environments" in no time: `-m venv DIR` copies it to `DIR/bin/python`, emptying DIR
 * before with `--clear` as the real one does; there it plays pip and appends its arguments to `calls.txt` beside it.
 */
const FAKE_PYTHON = `#!/bin/sh
here=$(/usr/bin/dirname "$0")
case "$*" in
  *version_info*) echo \${FAKE_VERSION:-3 12} ;;
  *"-m venv"*)
    [ -n "$FAKE_VENV_ERROR" ] && { echo "$FAKE_VENV_ERROR"; exit 1; }
    for folder; do :; done
    case "$*" in *" --clear "*) /bin/rm -rf "$folder" ;; esac
    /bin/mkdir -p "$folder/bin" && /bin/cp "$0" "$folder/bin/python" ;;
  *)
    shift 3
    echo "$@" >> "$here/calls.txt"
    case "$*" in *--index-url*) [ -n "$FAKE_NO_INDEX" ] && exit 1 ;; esac
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
      `confined: creating the Python environment ${folder}`,
      "confined: downloading sympy 1.14.0 (6.3 MB)",
      "confined: installing packages",
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
    assert.equal(count("creating"), 1);
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

Deno.test("ensurePythonEnvironment() takes torch from where it was told to, or from pip's index", () =>
  withFake(async ({ root, searchPath, messages }) => {
    const calls = async (torch: string, env = {}) => {
      messages.length = 0;
      const { interpreter } = await ensurePythonEnvironment("models", {
        projectRoot: root,
        searchPath,
        torch,
        env,
        onProgress: (message) => messages.push(message),
      });
      const text = await Deno.readTextFile(join(interpreter, "..", "calls.txt"));
      return text.replaceAll(/^install .* --progress-bar off /gm, "")
        .replaceAll(/--requirement \S+/g, "--requirement FILE").trim().split("\n");
    };
    const rest = "torch==2.13.0 --requirement FILE";
    const cpu = "--retries 0 --timeout 10 --no-deps " +
      "--index-url https://download.pytorch.org/whl/cpu torch==2.13.0";
    assert.deepEqual(await calls("cuda"), [rest]);
    assert.deepEqual(await calls("https://host.invalid/simple"), [
      "--no-deps --index-url https://host.invalid/simple torch==2.13.0",
      rest,
    ]);
    assert.deepEqual(await calls("cpu", { FAKE_NO_INDEX: "1" }), [cpu, rest]);
    assert.ok(messages.includes(
      "models: https://download.pytorch.org/whl/cpu gave no torch==2.13.0; " +
        "taking the build of pip's default index",
    ));
    await assert.rejects(
      calls("https://other.invalid/simple", { FAKE_NO_INDEX: "1" }),
      InfrastructureError,
    );
  }));

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

Deno.test("shortProgress() keeps what a user wants to know of pip's output", () => {
  assert.equal(
    shortProgress(
      "  Downloading torch-2.13.0%2Bcpu-cp311-cp311-manylinux_2_28_x86_64.whl (180.1 MB)",
    ),
    "downloading torch 2.13.0%2Bcpu (180.1 MB)",
  );
  assert.equal(
    shortProgress("  Using cached https://host/a/b/numpy-2.4.6-cp311-cp311-linux.whl (16 MB)"),
    "taking numpy 2.4.6 (16 MB)",
  );
  assert.equal(shortProgress("Installing collected packages: a, b"), "installing packages");
  assert.equal(shortProgress("Collecting sympy==1.14.0"), null);
  assert.equal(shortProgress("  Downloading sympy-1.14.0-py3-none-any.whl.metadata (12 kB)"), null);
});
