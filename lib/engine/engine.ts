import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InfrastructureError, UsageError } from "../core/mod.ts";
import { type ChildProcess, MODEL_ENVIRONMENT, startProcess } from "../process/mod.ts";
import { EngineEvent, type ServedModel } from "./engine_event.ts";

/** Settings of an engine: what to serve and how. */
export interface EngineOptions {
  /** Interpreter of the `models` environment. */
  readonly interpreter: string;
  /** Folder of a causal language model (a Hugging Face checkpoint). */
  readonly policy?: string;
  /** Folder of a sequence classifier with one output. At least one of the two must be given. */
  readonly ppm?: string;
  /** Names that requests give as `model`. @default { policy: "policy", ppm: "ppm" } */
  readonly servedNames?: { readonly policy?: string; readonly ppm?: string };
  /** Loopback port; 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Threads of a computation on the CPU. @default 1 for models below 10 M parameters, else one per core */
  readonly threads?: number;
  /** Choices that are generated at the same time. @default 256 */
  readonly maxRows?: number;
  /** Variables of the process besides its own, e.g. `CUDA_VISIBLE_DEVICES`; nothing is inherited. @default {} */
  readonly env?: Readonly<Record<string, string>>;
  /** How long loading may take without a word of how far it is. @default 300_000 */
  readonly startTimeoutMs?: number;
  /** Called with one short line per thing done. */
  readonly onProgress?: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A running engine. Disposing of it ends its process; it also ends with ours, however ours ends. */
export interface Engine extends AsyncDisposable {
  /** Base URL without a trailing slash, e.g. `http://127.0.0.1:40123`; routes are `/v1/completions`, `/pooling` … */
  readonly url: string;
  /** `cpu` or `cuda`. */
  readonly device: string;
  /** The served policy; `null` without one. */
  readonly policy: ServedModel | null;
  /** The served PPM; `null` without one. */
  readonly ppm: ServedModel | null;
  /** Process id, for display. */
  readonly pid: number;
  /** Settles when the process has ended by itself; stays pending when the engine is disposed of. */
  readonly ended: Promise<InfrastructureError>;
}

/**
 * Starts the embedded engine and waits until it answers.
 *
 * @throws {UsageError} If a folder is missing, is no checkpoint, or holds a model that cannot be served.
 * @throws {InfrastructureError} If the process dies at start (with the end of what it printed), or is not ready in time.
 * @throws The signal's reason, when it aborts while starting.
 */
export async function startEmbeddedEngine(options: EngineOptions): Promise<Engine> {
  options.signal?.throwIfAborted();
  await checkFolders(options);
  const child = startProcess(options.interpreter, engineArguments(options), {
    env: { ...MODEL_ENVIRONMENT, ...options.env },
  });
  try {
    const events = readEvents(child);
    const ready = await untilReady(child, events, options);
    return runningEngine(child, events, ready, options);
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}

async function checkFolders({ policy, ppm }: EngineOptions): Promise<void> {
  if (policy === undefined && ppm === undefined) {
    throw new UsageError("Cannot start the engine: expected a policy or a PPM, got neither");
  }
  for (const folder of [policy, ppm]) {
    if (folder === undefined) continue;
    try {
      await Deno.stat(join(folder, "config.json"));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
        throw error;
      }
      throw new UsageError(
        `Cannot serve "${folder}": expected a checkpoint folder with a config.json, got none; ` +
          "name a folder in Hugging Face format",
        { cause: error },
      );
    }
  }
}

function engineArguments(options: EngineOptions): string[] {
  const server = fileURLToPath(new URL("./server", import.meta.url));
  // -B: the installed project may be read-only, and bytecode is no part of it.
  const args = ["-I", "-B", server, "--port", String(options.port ?? 0)];
  if (options.policy !== undefined) args.push("--policy", options.policy);
  if (options.ppm !== undefined) args.push("--ppm", options.ppm);
  args.push("--policy-name", options.servedNames?.policy ?? "policy");
  args.push("--ppm-name", options.servedNames?.ppm ?? "ppm");
  if (options.threads !== undefined) args.push("--threads", String(options.threads));
  if (options.maxRows !== undefined) args.push("--max-rows", String(options.maxRows));
  return args;
}

async function* readEvents(child: ChildProcess): AsyncGenerator<EngineEvent> {
  let partial = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (partial + text).split("\n");
    partial = lines.pop() ?? "";
    for (const line of lines) yield EngineEvent.parse(JSON.parse(line));
  }
}

type ReadyEvent = Extract<EngineEvent, { event: "ready" }>;

async function untilReady(
  child: ChildProcess,
  events: AsyncGenerator<EngineEvent>,
  options: EngineOptions,
): Promise<ReadyEvent> {
  const { signal, onProgress } = options;
  const limitMs = options.startTimeoutMs ?? 300_000;
  let timedOut = false;
  const onSilence = () => {
    timedOut = true;
    child.kill();
  };
  let timer = setTimeout(onSilence, limitMs);
  const onAbort = () => child.kill();
  signal?.addEventListener("abort", onAbort, { once: true });
  onProgress?.("engine: starting");
  try {
    // Not for-await: leaving its loop would end the stream, and the engine with it.
    for (let next = await events.next(); !next.done; next = await events.next()) {
      const event = next.value;
      if (event.event === "failed") throw new UsageError(event.message);
      if (event.event === "ready") return event;
      onProgress?.(`engine: ${event.message}`);
      clearTimeout(timer);
      timer = setTimeout(onSilence, limitMs);
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
  await child.status;
  signal?.throwIfAborted();
  if (timedOut) {
    throw new InfrastructureError(
      "engine",
      `Cannot start the engine: not ready after ${limitMs / 1000} s; ${lastWords(child)}`,
    );
  }
  throw await deathOf(child, "Cannot start the engine");
}

function runningEngine(
  child: ChildProcess,
  events: AsyncGenerator<EngineEvent>,
  ready: ReadyEvent,
  options: EngineOptions,
): Engine {
  const { promise: ended, resolve } = Promise.withResolvers<InfrastructureError>();
  let disposed = false;
  const watched = (async () => {
    await events.next();
    const death = await deathOf(child, "The engine ended");
    if (!disposed) resolve(death);
  })();
  const named = (model: ReadyEvent["policy"], name: string) => model && { ...model, name };
  return {
    url: `http://127.0.0.1:${ready.port}`,
    device: ready.device,
    policy: named(ready.policy, options.servedNames?.policy ?? "policy"),
    ppm: named(ready.ppm, options.servedNames?.ppm ?? "ppm"),
    pid: child.pid,
    ended,
    [Symbol.asyncDispose]: async () => {
      disposed = true;
      child.kill();
      await watched;
      await child[Symbol.asyncDispose]();
    },
  };
}

async function deathOf(child: ChildProcess, what: string): Promise<InfrastructureError> {
  const { code, signal } = await child.status;
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  // The kernel's out-of-memory killer leaves no message.
  const cause = signal === "SIGKILL" ? "; the system may be out of memory" : "";
  return new InfrastructureError("engine", `${what}: ${how}${cause}; ${lastWords(child)}`);
}

function lastWords(child: ChildProcess): string {
  const lines = child.stderrTail.split("\n").slice(-8).join("\n");
  return lines === "" ? "it printed nothing" : `it printed:\n${lines}`;
}
