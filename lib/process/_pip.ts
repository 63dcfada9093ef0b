import { InfrastructureError } from "../core/bare/mod.ts";
import { PipProgress } from "./_pip_progress.ts";
import { startProcess } from "./process.ts";

/** Where pip installs, and who is told. */
export interface PipTarget {
  /** Name of the environment. */
  readonly name: string;
  readonly interpreter: string;
  /** The whole environment of pip. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((message: string) => void) | undefined;
}

/** Whoever builds it keeps to himself what he writes, perhaps; steps run as another user, who must be able to read it. */
export const READABLE = "import os; os.umask(0o022)";

/** Ends pip when our end of its standard input closes, even by our SIGKILL: two pips must never write into one folder. */
const PIP_WITH_WATCH = `${READABLE}
import runpy, sys, threading
def watch():
    while os.read(0, 4096):
        pass
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
`;

/** Wheels alone: a source distribution would run its own set-up code here. */
const ALWAYS = [
  ...["install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"],
  ...["--only-binary", ":all:"],
];

/**
 * Runs `pip install`.
 *
 * @param total How many packages it is to install, for the progress.
 * @throws {InfrastructureError} If pip fails; the message ends in its last words.
 */
export async function pipInstall(
  target: PipTarget,
  args: readonly string[],
  total: number,
): Promise<void> {
  const { name, interpreter, env, signal, onProgress } = target;
  signal?.throwIfAborted();
  await using pip = startProcess(
    interpreter,
    ["-I", "-c", PIP_WITH_WATCH, ...ALWAYS, ...args],
    { env },
  );
  const progress = new PipProgress(total);
  const onAbort = () => pip.kill();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    let partial = "";
    for await (const text of pip.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (partial + text).split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) {
        const message = progress.read(line);
        if (message !== null) onProgress?.(`${name}: ${message}`);
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
    `Cannot install the Python packages of "${name}": pip failed; ${lastLines(pip.stderrTail)}`,
  );
}

/** Cuts what a program printed to its end. */
export function lastLines(text: string): string {
  return text.trim().split("\n").slice(-5).join("\n");
}
