import { join } from "node:path";
import { GRADING_SANDBOX } from "../grading/mod.ts";
import type { ModelHost } from "../models/mod.ts";
import {
  ensurePythonEnvironment,
  findExecutable,
  PROJECT_ROOT,
  PROXY_VARIABLES,
  type PythonEnvironmentName,
} from "../process/mod.ts";
import { openPythonSandbox, type PythonSandboxOptions, type Sandbox } from "../sandbox/mod.ts";

/** Where problem sets lie: those that ship, and those that `deno task data fetch` brought. */
export const PROBLEM_FOLDERS = {
  fixtures: join(PROJECT_ROOT, "fixtures"),
  fetched: join(PROJECT_ROOT, "data", "problems"),
} as const;

/** Variables that `python3` and `pip` need to do their work; nothing else of the environment reaches them. */
const PYTHON_VARIABLES =
  /^(HOME|LANG|TMPDIR|PIP_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/;

/** Options of {@linkcode pythonInterpreter}. */
export interface InterpreterOptions {
  /** Build of torch, for `models`. @default "cpu" */
  readonly torch?: string;
  readonly onProgress: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Interpreter of a private Python environment, which is built first where it is missing. */
export async function pythonInterpreter(
  name: PythonEnvironmentName,
  options: InterpreterOptions,
): Promise<string> {
  const environment = Deno.env.toObject();
  const { interpreter } = await ensurePythonEnvironment(name, {
    projectRoot: PROJECT_ROOT,
    searchPath: environment["PATH"] ?? "",
    env: Object.fromEntries(
      Object.entries(environment).filter(([key]) =>
        PYTHON_VARIABLES.test(key) || PROXY_VARIABLES.includes(key)
      ),
    ),
    ...options,
  });
  return interpreter;
}

/** This machine, as far as serving models needs it. */
export function modelHost(): ModelHost {
  return {
    environment: Deno.env.toObject(),
    interpreter: (options) => pythonInterpreter("models", options),
  };
}

/** Full path of bubblewrap; `null` where it is not installed. */
export function findBwrap(): Promise<string | null> {
  return findExecutable("bwrap", Deno.env.get("PATH") ?? "");
}

/** Options of {@linkcode openSandbox}. */
export interface OpenSandboxOptions
  extends Pick<PythonSandboxOptions, "workers" | "profile" | "limits" | "tier" | "signal"> {
  /** Value of `--unsafe-no-sandbox`. */
  readonly unsafeNoSandbox?: string | undefined;
  readonly onProgress: (message: string) => void;
}

/** Opens confined workers on this machine. */
export async function openSandbox(options: OpenSandboxOptions): Promise<Sandbox> {
  const { unsafeNoSandbox, onProgress, ...rest } = options;
  const interpreter = await pythonInterpreter("confined", { onProgress });
  return await openPythonSandbox({
    ...rest,
    interpreter,
    bwrap: await findBwrap(),
    onNotice: onProgress,
    unsafeNoSandbox: unsafeNoSandbox === undefined ? undefined : {
      phrase: unsafeNoSandbox,
      isRoot: Deno.uid() === 0,
      isContinuousIntegration: Deno.env.get("CI") !== undefined,
    },
  });
}

/** Opens the workers in which math-verify runs. */
export function openGradingSandbox(
  options: Omit<OpenSandboxOptions, "profile" | "limits" | "workers">,
): Promise<Sandbox> {
  return openSandbox({ ...options, ...GRADING_SANDBOX, workers: 1 });
}

/** Commit of the project's own checkout; `null` for a copy without history. */
export async function codeRevision(): Promise<string | null> {
  const read = (path: string) =>
    Deno.readTextFile(join(PROJECT_ROOT, ".git", path)).then((text) => text.trim(), () => null);
  const head = await read("HEAD");
  const reference = /^ref: (.+)$/.exec(head ?? "")?.[1];
  return reference === undefined ? head : await read(reference);
}
