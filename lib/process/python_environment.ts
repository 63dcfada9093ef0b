import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { InfrastructureError, sha256, UsageError } from "../core/mod.ts";
import { findExecutable } from "./executable.ts";
import {
  environmentFolder,
  interpreterPath,
  type PythonEnvironmentName,
} from "./interpreter_path.ts";
import { lastLines, pipInstall, READABLE } from "./_pip.ts";
import { completeTorch, installTorch } from "./_torch.ts";
import { runProcess } from "./process.ts";

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
   * Build of torch in `models`. `cpu` is a build without CUDA, from PyTorch's own index or wherever pip is set up to look, and never any
   * other; `cuda` is the default build for Linux; anything else is the URL of an index.
   *
   * @default "cpu"
   */
  readonly torch?: string;
  /** Called with one short line per thing done; not called when the environment is there already. */
  readonly onProgress?: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const OLDEST_PYTHON = { major: 3, minor: 11 } as const;
const LOCK_POLL_MS = 250;

/** Record of what an environment was built from; written last, so a folder without it is half built. */
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
  return {
    name,
    folder: environmentFolder(options.projectRoot, name),
    interpreter: interpreterPath(options.projectRoot, name),
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
  const { requirementsPath, options: { onProgress } } = build;
  const python = await findPython(build.options);
  const pins = countPins(await Deno.readTextFile(requirementsPath));
  onProgress?.(
    `${build.name}: installing ${pins} Python packages${
      build.torch === null ? "" : " and torch"
    } ` +
      `into ${build.folder}, once`,
  );
  await createVirtualEnvironment(build, python);
  const pip = {
    name: build.name,
    interpreter: build.interpreter,
    env: pythonEnv(build.options),
    signal: build.options.signal,
    onProgress,
  };
  if (build.torch !== null) await installTorch(pip, build.torch);
  // What is pinned is complete, so that pip looks for nothing else, and for no other torch.
  await pipInstall(pip, ["--no-deps", "--require-hashes", "--requirement", requirementsPath], pins);
  if (build.torch !== null) await completeTorch(pip, build.torch);
  const stamp: z.infer<typeof Stamp> = {
    requirements: build.requirementsHash,
    torch: build.torch,
    python: await Deno.realPath(build.interpreter),
  };
  await Deno.writeTextFile(`${stampPath(build)}.new`, `${JSON.stringify(stamp)}\n`);
  await Deno.rename(`${stampPath(build)}.new`, stampPath(build));
  onProgress?.(`${build.name}: the Python environment is ready`);
}

/** Counts what a requirement file pins. */
function countPins(text: string): number {
  return text.split("\n").filter((line) => /^[A-Za-z].*==/.test(line)).length;
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

const READABLE_VENV = `${READABLE}
import runpy
runpy.run_module("venv", run_name="__main__", alter_sys=True)
`;

/**
 * Creates the virtual environment. Remains of an older or interrupted build are not mended, but replaced; by Python, because Deno lets
 * nobody remove a folder that holds a program which the process may start.
 */
async function createVirtualEnvironment(build: Build, python: string): Promise<void> {
  const output = await runProcess(python, ["-I", "-c", READABLE_VENV, "--clear", build.folder], {
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

function pythonEnv(options: PythonEnvironmentOptions): Record<string, string> {
  return { ...options.env, PATH: options.searchPath };
}
