import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { InfrastructureError, sha256, UsageError } from "../core/mod.ts";
import { findExecutable } from "./executable.ts";
import { runProcess, startProcess } from "./process.ts";

/** `confined`: what model-written code and the grader may import. `models`: torch and friends. `dev`: linters. */
export const PYTHON_ENVIRONMENTS = ["confined", "models", "dev"] as const;

/** Name of a private environment. */
export type PythonEnvironmentName = typeof PYTHON_ENVIRONMENTS[number];

/** A private virtual environment. */
export interface PythonEnvironment {
  readonly name: PythonEnvironmentName;
  /** Full path of its interpreter. */
  readonly interpreter: string;
}

/** Options of {@linkcode ensurePythonEnvironment}. */
export interface PythonEnvironmentOptions {
  /** Folder whose `.rstar/python/` holds the environments. */
  readonly projectRoot: string;
  /** The value of `PATH`: where `python3` is looked for. */
  readonly searchPath: string;
  /**
   * Further variables for `python3` and `pip` (`HOME`, `PIP_*`, `https_proxy`, `SSL_CERT_FILE` …); nothing else is inherited.
   *
   * @default {}
   */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Build of torch in `models`. `cpu` asks PyTorch's own index of CPU builds and falls back to pip's default index where it
   * cannot be reached; `cuda` is the default build for Linux; anything else is the URL of an index.
   *
   * @default "cpu"
   */
  readonly torch?: string;
  /** Called with one short line per thing done; not called when the environment is there already. */
  readonly onProgress?: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const OLDEST_PYTHON = { major: 3, minor: 11 } as const;
const TORCH = "torch==2.13.0";
const TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu";
const TORCH_INDEX_TIMEOUT_S = 10;
const LOCK_POLL_MS = 250;

/** What an environment was built from; written last, so a folder without it is half built. */
const Stamp = z.strictObject({
  requirements: z.string(),
  torch: z.string().nullable(),
  /** Where the environment's interpreter leads: it changes when the system's Python is replaced by another version. */
  python: z.string(),
});

interface Build {
  readonly name: PythonEnvironmentName;
  readonly folder: string;
  readonly interpreter: string;
  readonly requirementsPath: string;
  readonly requirementsHash: string;
  readonly torch: string | null;
  readonly options: PythonEnvironmentOptions;
}

/**
 * The private virtual environment `<projectRoot>/.rstar/python/<name>`, built from this folder's pinned requirement file when it
 * is missing, half built or out of date. Processes that ask at the same time build it once: the others wait.
 *
 * @throws {UsageError} If there is no `python3`, it is too old, or it cannot make virtual environments.
 * @throws {InfrastructureError} If pip fails.
 * @throws The signal's reason, when it aborts; what was half built is rebuilt the next time.
 */
export async function ensurePythonEnvironment(
  name: PythonEnvironmentName,
  options: PythonEnvironmentOptions,
): Promise<PythonEnvironment> {
  const build = await planBuild(name, options);
  if (!await isUpToDate(build)) await buildLocked(build);
  return { name, interpreter: build.interpreter };
}

async function planBuild(
  name: PythonEnvironmentName,
  options: PythonEnvironmentOptions,
): Promise<Build> {
  const requirementsUrl = new URL(`./requirements/${name}.txt`, import.meta.url);
  const folder = join(options.projectRoot, ".rstar", "python", name);
  return {
    name,
    folder,
    interpreter: join(folder, "bin", "python"),
    requirementsPath: fileURLToPath(requirementsUrl),
    requirementsHash: sha256(await Deno.readTextFile(requirementsUrl)),
    torch: name === "models" ? options.torch ?? "cpu" : null,
    options,
  };
}

async function isUpToDate(build: Build): Promise<boolean> {
  try {
    const text = await Deno.readTextFile(stampPath(build));
    const stamp = Stamp.safeParse(JSON.parse(text));
    return stamp.success && stamp.data.requirements === build.requirementsHash &&
      stamp.data.torch === build.torch &&
      stamp.data.python === await Deno.realPath(build.interpreter);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return false;
    throw error;
  }
}

function stampPath(build: Build): string {
  return join(build.folder, "rstar_stamp.json");
}

/** The kernel gives the lock back when its holder dies, so a lock never goes stale. */
async function buildLocked(build: Build): Promise<void> {
  const { onProgress, signal } = build.options;
  await Deno.mkdir(join(build.folder, ".."), { recursive: true });
  using lock = await Deno.open(`${build.folder}.lock`, { create: true, write: true });
  if (!await lock.tryLock(true)) {
    onProgress?.(`${build.name}: another process builds this Python environment; waiting for it`);
    while (!await lock.tryLock(true)) {
      await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
      signal?.throwIfAborted();
    }
  }
  if (await isUpToDate(build)) return;
  await buildEnvironment(build);
}

async function buildEnvironment(build: Build): Promise<void> {
  const python = await findPython(build.options);
  build.options.onProgress?.(`${build.name}: creating the Python environment ${build.folder}`);
  await createVirtualEnvironment(build, python);
  if (build.torch !== null) await installTorch(build, build.torch);
  // Where the step before found no build of torch this takes the default one.
  const torch = build.torch === null ? [] : [TORCH];
  await pipInstall(build, [...torch, "--requirement", build.requirementsPath]);
  const stamp: z.infer<typeof Stamp> = {
    requirements: build.requirementsHash,
    torch: build.torch,
    python: await Deno.realPath(build.interpreter),
  };
  await Deno.writeTextFile(`${stampPath(build)}.new`, `${JSON.stringify(stamp)}\n`);
  await Deno.rename(`${stampPath(build)}.new`, stampPath(build));
  build.options.onProgress?.(`${build.name}: the Python environment is ready`);
}

async function findPython(options: PythonEnvironmentOptions): Promise<string> {
  const path = await findExecutable("python3", options.searchPath);
  const wanted = `expected Python ${OLDEST_PYTHON.major}.${OLDEST_PYTHON.minor} or newer`;
  if (path === null) {
    throw new UsageError(
      `Cannot find "python3" on the search path: ${wanted}; install it with "apt-get install python3 python3-venv"`,
    );
  }
  const probe = "import sys; print(sys.version_info.major, sys.version_info.minor)";
  const output = await runProcess(path, ["-I", "-c", probe], {
    env: pythonEnv(options),
    signal: options.signal,
  });
  if (output.code !== 0) {
    throw new UsageError(`Cannot use "${path}": it does not start; ${lastLines(output.stderr)}`);
  }
  const [major = 0, minor = 0] = output.stdout.trim().split(" ").map(Number);
  if (major !== OLDEST_PYTHON.major || minor < OLDEST_PYTHON.minor) {
    throw new UsageError(
      `Cannot use "${path}": ${wanted}, got ${major}.${minor}; install a newer python3, or put one first on PATH`,
    );
  }
  return path;
}

/**
 * What an older or interrupted build left is not mended, but replaced; by Python, because Deno lets nobody remove a folder that holds
 * a program which the process may start.
 */
async function createVirtualEnvironment(build: Build, python: string): Promise<void> {
  const output = await runProcess(python, ["-I", "-m", "venv", "--clear", build.folder], {
    env: pythonEnv(build.options),
    signal: build.options.signal,
  });
  if (output.code === 0) return;
  const text = output.stdout + output.stderr;
  if (text.includes("No module named venv") || text.includes("ensurepip")) {
    throw new UsageError(
      `Cannot create a virtual environment with "${python}": its venv module is missing or incomplete; ` +
        `install it with "apt-get install python3-venv"`,
    );
  }
  throw new InfrastructureError(
    "process",
    `Cannot create the virtual environment "${build.folder}": ${lastLines(text)}`,
  );
}

async function installTorch(build: Build, torch: string): Promise<void> {
  if (torch === "cuda") return;
  const index = torch === "cpu" ? TORCH_CPU_INDEX : torch;
  const patience = torch === "cpu"
    ? ["--retries", "0", "--timeout", String(TORCH_INDEX_TIMEOUT_S)]
    : [];
  try {
    await pipInstall(build, [...patience, "--no-deps", "--index-url", index, TORCH]);
  } catch (error) {
    if (torch !== "cpu" || !(error instanceof InfrastructureError)) throw error;
    build.options.onProgress?.(
      `${build.name}: ${index} gave no ${TORCH}; taking the build of pip's default index`,
    );
  }
}

/** Ends pip when our end of its standard input closes, even by our SIGKILL: two pips must never write into one folder. */
const PIP_WITH_WATCH = `
import os, runpy, sys, threading
def watch():
    while os.read(0, 4096):
        pass
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
`;

async function pipInstall(build: Build, args: readonly string[]): Promise<void> {
  const { signal, onProgress } = build.options;
  signal?.throwIfAborted();
  const common = ["install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"];
  await using pip = startProcess(
    build.interpreter,
    ["-I", "-c", PIP_WITH_WATCH, ...common, ...args],
    { env: pythonEnv(build.options) },
  );
  const onAbort = () => pip.kill();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    let partial = "";
    for await (const text of pip.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (partial + text).split("\n");
      partial = lines.pop() ?? "";
      for (const message of lines.map(shortProgress)) {
        if (message !== null) onProgress?.(`${build.name}: ${message}`);
      }
    }
    const status = await pip.status;
    signal?.throwIfAborted();
    if (status.code === 0) return;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
  throw new InfrastructureError(
    "process",
    `Cannot install the Python packages of "${build.name}": pip failed; ${
      lastLines(pip.stderrTail)
    }`,
  );
}

/**
 * A line of pip's output as progress, or `null` when it says nothing to a user.
 *
 * @example "Downloading torch-2.13.0-….whl (180.1 MB)" gives "downloading torch 2.13.0 (180.1 MB)"
 */
export function shortProgress(line: string): string | null {
  const file =
    /^\s*(Downloading|Using cached) (?:\S*\/)?([^\s/-]+)-([^\s-]+)\S*(?<!\.metadata) \((.+)\)$/
      .exec(line);
  if (file !== null) {
    const [, verb, name, version, size] = file;
    return `${verb === "Downloading" ? "downloading" : "taking"} ${name} ${version} (${size})`;
  }
  return line.startsWith("Installing collected packages") ? "installing packages" : null;
}

function pythonEnv(options: PythonEnvironmentOptions): Record<string, string> {
  return { ...options.env, PATH: options.searchPath };
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-5).join("\n");
}
