import { InfrastructureError } from "../core/bare/mod.ts";
import { startError } from "./_start_error.ts";

/** How a child process ended. */
export interface ProcessStatus {
  readonly code: number;
  /** Name of the signal that ended it; `null` when it exited by itself. */
  readonly signal: string | null;
}

/** Options of {@linkcode startProcess}. */
export interface StartOptions {
  /** The whole environment of the child: nothing is inherited. @default {} */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** How much of the end of standard error is kept for messages. @default 16384 */
  readonly stderrTailBytes?: number;
  /** Called with every line of standard error as it comes. */
  readonly onStderrLine?: (line: string) => void;
  /**
   * Whether the end of the process is that of all it started, too: a launcher's workers, what a script of the user left. Needs the
   * permission to run anything.
   *
   * @default false
   */
  readonly endsGroup?: boolean;
}

/** How long the end of standard error may take after that of the process. */
const LAST_ERRORS_MS = 2000;

/**
 * A running child with piped standard input and output. Its end is SIGKILL: nothing that runs model-written code, or serves a
 * model, is trusted to end when asked.
 */
export class ChildProcess implements AsyncDisposable {
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array<ArrayBuffer>>;
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly status: Promise<ProcessStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #errors: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<void>;
  readonly #endsGroup: boolean;
  #stderrTail = "";
  #ended = false;

  /** Use {@linkcode startProcess}. */
  constructor(child: Deno.ChildProcess, options: StartOptions) {
    this.#child = child;
    this.pid = child.pid;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.#endsGroup = options.endsGroup ?? false;
    this.#errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    this.#stderr = this.#readStderr(options);
    this.status = child.status.then((status) => {
      // A group may outlive the process that began it. Only now is its number surely no other's.
      if (this.#endsGroup) this.#signalEnd();
      this.#ended = true;
      return { code: status.code, signal: status.signal };
    });
  }

  /** The last bytes of standard error, for messages. */
  get stderrTail(): string {
    return this.#stderrTail.trim();
  }

  /** Whether the process has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Ends the process with SIGKILL; harmless when it has ended. */
  kill(): void {
    if (!this.#ended) this.#signalEnd();
  }

  #signalEnd(): void {
    try {
      if (this.#endsGroup) Deno.kill(-this.pid, "SIGKILL");
      else this.#child.kill("SIGKILL");
    } catch (error) {
      // The kernel may know of the end before we do: "process already terminated" is what was wanted.
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Ends the process and closes its streams. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.status;
    await this.#lastErrors();
    if (!this.stdin.locked) await this.stdin.abort().catch(ignoreClosed);
    if (!this.stdout.locked) await this.stdout.cancel().catch(ignoreClosed);
  }

  /** Waits for the end of standard error, but not for long: a process left behind in a session of its own may hold it open for good. */
  async #lastErrors(): Promise<void> {
    const timer = setTimeout(() => void this.#errors.cancel(), LAST_ERRORS_MS);
    await this.#stderr;
    clearTimeout(timer);
  }

  async #readStderr(options: StartOptions): Promise<void> {
    const limit = options.stderrTailBytes ?? 16384;
    let partial = "";
    for (;;) {
      const { value: text, done } = await this.#errors.read();
      if (done) break;
      this.#stderrTail = (this.#stderrTail + text).slice(-limit);
      if (options.onStderrLine === undefined) continue;
      const lines = (partial + text).split("\n");
      partial = (lines.pop() ?? "").slice(-limit);
      for (const line of lines) options.onStderrLine(line);
    }
    if (partial !== "") options.onStderrLine?.(partial);
  }
}

/** A pipe whose other end is gone reports it once more when it is closed; the end itself was seen through `status`. */
function ignoreClosed(error: unknown): void {
  if (error instanceof TypeError || error instanceof Deno.errors.BrokenPipe) return;
  throw error;
}

/**
 * Starts a program with piped input and output and a cleared environment.
 *
 * @param path Full path of the executable, which is what a narrow `--allow-run` names.
 * @throws {InfrastructureError} If it cannot be started.
 */
export function startProcess(
  path: string,
  args: readonly string[],
  options: StartOptions = {},
): ChildProcess {
  try {
    const child = new Deno.Command(path, {
      args: [...args],
      // A session of its own: Ctrl-C at a terminal is for us, who then end our children in order.
      detached: true,
      clearEnv: true,
      env: { ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new ChildProcess(child, options);
  } catch (error) {
    throw startError(path, error);
  }
}

/** Status and output of a finished program. */
export interface ProcessOutput extends ProcessStatus {
  readonly stdout: string;
  /** The end of standard error. */
  readonly stderr: string;
}

/** Options of {@linkcode runProcess}. */
export interface RunOptions extends StartOptions {
  /** Text for standard input. @default "" */
  readonly input?: string;
  /** The program is ended when it prints more. @default 16777216 */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end.
 *
 * @throws {InfrastructureError} If it cannot be started, or prints more than `maxOutputBytes`.
 * @throws The signal's reason, when it aborts; the program is ended.
 */
export async function runProcess(
  path: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ProcessOutput> {
  const { signal } = options;
  signal?.throwIfAborted();
  await using child = startProcess(path, args, options);
  const onAbort = () => child.kill();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const [stdout] = await Promise.all([
      readBounded(child, path, options.maxOutputBytes ?? 16 << 20),
      writeInput(child, options.input ?? ""),
    ]);
    const status = await child.status;
    signal?.throwIfAborted();
    return { ...status, stdout, stderr: child.stderrTail };
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

async function writeInput(child: ChildProcess, text: string): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    if (text !== "") await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    // A program that ends without reading its input is not our failure; its status says how it went.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function readBounded(child: ChildProcess, path: string, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of child.stdout) {
    size += chunk.byteLength;
    if (size > limit) {
      throw new InfrastructureError(
        "process",
        `Cannot read the output of "${path}": expected at most ${limit} bytes`,
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
