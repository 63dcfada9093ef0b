import { SandboxUnavailableError } from "../../lib/core/mod.ts";
import { type ChildProcess, startProcess } from "../../lib/process/mod.ts";
import type { Sandbox, SandboxInfo, StepOutcome } from "../../lib/sandbox/sandbox.ts";

/** Interpreter of the confined environment of this checkout. */
export const CONFINED_PYTHON = new URL("../../.rstar/python/confined/bin/python", import.meta.url)
  .pathname;

/** Whether the tests that need math-verify can run here. */
export function hasConfinedPython(): boolean {
  try {
    return Deno.statSync(CONFINED_PYTHON).isFile;
  } catch {
    return false;
  }
}

const WORKER = new URL("../../lib/grading/worker/", import.meta.url).pathname;

/**
 * Reads requests from standard input, and runs each in a fork, as the sandbox does, but not confined: the one place where a test
 * can see that nothing ran. Under confinement the same payloads would leave no trace even if they were evaluated.
 */
const SERVER = `
import contextlib, io, json, os, resource, signal, sys
sys.path.insert(0, ${JSON.stringify(WORKER)})
import grading_entry
grading_entry.warm_up()
for line in sys.stdin:
    request = json.loads(line)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.setitimer(signal.ITIMER_REAL, request["wall"])
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out):
                exec(request["code"], {})
            reply = {"status": "ok", "stdout": out.getvalue(), "error": None}
        except BaseException as error:
            reply = {"status": "error", "stdout": "", "error": type(error).__name__}
        with os.fdopen(write, "w") as pipe:
            pipe.write(json.dumps(reply))
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    _, status = os.waitpid(pid, 0)
    timed_out = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
    lost = {"status": "timeout" if timed_out else "error", "stdout": "", "error": "crashed"}
    print(text or json.dumps(lost), flush=True)
`;

const WALL_SECONDS = 10;

/** Options of {@linkcode openDirectSandbox}. */
export interface DirectSandboxOptions {
  readonly cwd?: string;
}

/** A sandbox of one worker that runs the grading worker without confinement. */
export function openDirectSandbox(options: DirectSandboxOptions = {}): Sandbox {
  const child = startProcess(CONFINED_PYTHON, ["-c", SERVER], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const server = new Server(child, WALL_SECONDS);
  return {
    info: INFO,
    openSession: () => ({
      run: (request) => server.run(request.code),
      release: () => {},
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
    metrics: () => {
      throw new Error("Cannot count steps: this sandbox keeps no counters");
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

class Server implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #wall: number;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: AsyncIterator<string>;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(child: ChildProcess, wall: number) {
    this.#child = child;
    this.#wall = wall;
    this.#writer = child.stdin.getWriter();
    this.#lines = linesOf(child.stdout);
  }

  run(code: string): Promise<StepOutcome> {
    const turn = this.#turn.then(() => this.#exchange(code));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #exchange(code: string): Promise<StepOutcome> {
    await this.#writer.write(
      new TextEncoder().encode(JSON.stringify({ code, wall: this.#wall }) + "\n"),
    );
    const line = await this.#lines.next();
    if (line.done === true) throw new SandboxUnavailableError(`Lost: ${this.#child.stderrTail}`);
    const reply = JSON.parse(line.value);
    return {
      status: reply.status,
      stdout: reply.stdout,
      value: null,
      error: reply.error === null ? null : { type: reply.error, message: "", line: null },
      wallMs: 0,
      cpuMs: 0,
      memoryBytes: 0,
      state: null,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#child.status;
    this.#writer.releaseLock();
    await this.#lines.return?.();
    await this.#child[Symbol.asyncDispose]();
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
}

const INFO: SandboxInfo = {
  tier: "none",
  description: "no confinement: our own cases only",
  python: "3",
  packages: {},
  limits: {
    wallMs: 10_000,
    cpuMs: 10_000,
    memoryBytes: 0,
    maxOutputBytes: 1 << 20,
    keptOutputBytes: 1 << 20,
    maxCodeBytes: 1 << 20,
  },
  workers: 1,
};
