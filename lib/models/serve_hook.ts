import { z } from "zod";
import { InfrastructureError, parseJson, UsageError } from "../core/mod.ts";
import { type ChildProcess, requireExecutable, startProcess } from "../process/mod.ts";

/** Values that a serving command is given, by the names of their placeholders. */
export interface ServeValues {
  /** Folder or name of the policy. */
  readonly policy: string;
  /** Folder of the PPM; empty where none is needed. */
  readonly ppm: string;
  /** Round that these checkpoints were trained in; 0 is the base. */
  readonly round: string;
}

const urls = z.array(z.url({ protocol: /^https?$/ }));

/** The line that a serving command prints when its servers answer. */
const Ready = z.strictObject({
  policy: urls.min(1),
  ppm: urls.default([]),
  policyModel: z.string().min(1).optional(),
  ppmModel: z.string().min(1).optional(),
});

/** Where a round's models are served. */
export type ServedEndpoints = z.infer<typeof Ready>;

/** A serving command that is running. Disposing of it asks it to end, and ends it if it does not. */
export interface ServedByHook extends AsyncDisposable {
  readonly endpoints: ServedEndpoints;
  /** Settles when the command ends by itself; stays pending when it is disposed of. */
  readonly ended: Promise<InfrastructureError>;
}

/** Options of {@linkcode serveByHook}. */
export interface ServeOptions {
  readonly values: ServeValues;
  /** Variables of the command, `PATH` among them. */
  readonly env: Readonly<Record<string, string>>;
  /** How long the servers may take to come up. @default 1800 */
  readonly timeoutSeconds?: number | undefined;
  /** How long the command may take to end once its input is closed. @default 60 */
  readonly graceSeconds?: number;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Starts a command that serves the models of a round, and waits until it says where.
 *
 * The command is a list of arguments in which `{policy}`, `{ppm}` and `{round}` are filled in; no shell reads it. It prints one line
 * of JSON, `{"policy": ["http://…/v1"], "ppm": ["http://…/v1"]}`, when its servers answer, and serves until its standard input
 * ends: then it stops them and exits. The input also ends when this process dies, so nothing is left behind.
 *
 * @throws {UsageError} If the command does not exist or names an unknown placeholder.
 * @throws {InfrastructureError} If it ends, prints something else, or is not ready in time.
 * @throws The signal's reason, when it aborts.
 */
export async function serveByHook(
  command: readonly string[],
  options: ServeOptions,
): Promise<ServedByHook> {
  const { signal, env, onProgress } = options;
  signal.throwIfAborted();
  const [program = "", ...args] = serveCommand(command, options.values);
  const searchPath = env["PATH"] ?? "";
  const path = await requireExecutable(program, { searchPath, setting: "hooks.serve" });
  onProgress(`serving: ${[program, ...args].join(" ")}`);
  const child = startProcess(path, args, {
    env,
    endsGroup: true,
    onStderrLine: (line) => onProgress(`serving: ${line}`),
  });
  const hook = new ServeHook(child, program, options);
  try {
    return await hook.untilReady();
  } catch (error) {
    await hook.end();
    signal.throwIfAborted();
    throw error;
  }
}

/**
 * A serving command with its placeholders filled in.
 *
 * @throws {UsageError} If it names an unknown placeholder.
 */
export function serveCommand(command: readonly string[], values: ServeValues): readonly string[] {
  return command.map((part) => fillIn(part, values));
}

/** Fills in placeholders: each is a part of an argument, whatever characters its value has. */
function fillIn(part: string, values: ServeValues): string {
  return part.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = (values as unknown as Readonly<Record<string, string>>)[name];
    if (value !== undefined) return value;
    throw new UsageError(
      `Cannot use "${whole}" in hooks.serve: expected one of {policy}, {ppm}, {round}`,
    );
  });
}

class ServeHook {
  readonly #child: ChildProcess;
  readonly #program: string;
  readonly #options: ServeOptions;
  readonly #output: ReadableStreamDefaultReader<string>;
  #isEnding = false;

  constructor(child: ChildProcess, program: string, options: ServeOptions) {
    this.#child = child;
    this.#program = program;
    this.#options = options;
    this.#output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async untilReady(): Promise<ServedByHook> {
    const { signal, timeoutSeconds = 1800 } = this.#options;
    const controller = new AbortController();
    const timer = setTimeout(() =>
      controller.abort(
        new InfrastructureError(
          "process",
          `Cannot serve models: "${this.#program}" printed no line with its endpoints in ${timeoutSeconds} s`,
        ),
      ), timeoutSeconds * 1000);
    const either = AbortSignal.any([signal, controller.signal]);
    try {
      const line = await Promise.race([this.#firstLine(), rejection(either)]);
      const endpoints = this.#parse(line);
      return {
        endpoints,
        ended: this.#endedByItself(),
        [Symbol.asyncDispose]: () => this.end(),
      };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the command's input, waits for its end, and kills it when it takes too long. */
  async end(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const { graceSeconds = 60 } = this.#options;
    await this.#child.stdin.close().catch((error: unknown) => {
      // It has ended already; that is what was wanted.
      if (!(error instanceof TypeError || error instanceof Deno.errors.BrokenPipe)) throw error;
    });
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, graceSeconds * 1000);
    await Promise.race([this.#child.status, late.promise]);
    clearTimeout(timer);
    await this.#child[Symbol.asyncDispose]();
    await this.#output.cancel();
  }

  async #firstLine(): Promise<string> {
    let text = "";
    for (;;) {
      const { value, done } = await this.#output.read();
      if (done) throw await this.#death();
      text += value;
      const end = text.indexOf("\n");
      if (end < 0) continue;
      void this.#drain();
      return text.slice(0, end);
    }
  }

  /** Reads on and drops what comes, so that the command never blocks on a full pipe. */
  async #drain(): Promise<void> {
    while (!(await this.#output.read()).done);
  }

  #parse(line: string): ServedEndpoints {
    const result = Ready.safeParse(parseJson(line));
    if (result.success) return result.data;
    throw new InfrastructureError(
      "process",
      `Cannot use what "${this.#program}" printed: expected one line such as ` +
        `{"policy": ["http://host:8000/v1"], "ppm": ["http://host:8001/v1"]}, got ${
          JSON.stringify(line.slice(0, 200))
        }`,
    );
  }

  async #endedByItself(): Promise<InfrastructureError> {
    await this.#child.status;
    if (this.#isEnding) return await new Promise(() => {});
    return await this.#death();
  }

  async #death(): Promise<InfrastructureError> {
    const { code } = await this.#child.status;
    const tail = this.#child.stderrTail;
    return new InfrastructureError(
      "process",
      `"${this.#program}" stopped serving with exit code ${code}${tail === "" ? "" : `: ${tail}`}`,
    );
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
