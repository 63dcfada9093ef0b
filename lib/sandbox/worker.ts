import { SandboxUnavailableError } from "../core/mod.ts";
import { type ChildProcess, startProcess } from "../process/mod.ts";
import { encodeFrame, maxReplyBytes, readFrames } from "./frames.ts";
import {
  type Ready,
  type RunReply,
  type RunRequest,
  type StatReply,
  WorkerMessage,
  type WorkerRequest,
} from "./messages.ts";
import type { SandboxLimits } from "./sandbox.ts";

/** How to start a worker. */
export interface WorkerOptions {
  /** Program and arguments, from the launch plan. */
  readonly command: readonly string[];
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: SandboxLimits;
  /** How long a worker may take to import its libraries. @default 60000 */
  readonly startTimeoutMs?: number;
  /** How long a reply may be late, beyond the limits of the step, before the worker counts as lost. @default 15000 */
  readonly graceMs?: number;
}

type Pending =
  & { readonly timer: number; readonly reject: (error: SandboxUnavailableError) => void }
  & (
    | { readonly op: "result"; readonly resolve: (reply: RunReply) => void }
    | { readonly op: "stat"; readonly resolve: (reply: StatReply) => void }
  );

/**
 * One supervisor process and the frames to and from it.
 *
 * Invariant: a request is answered by the reply with its id, or rejected because the worker is lost; a lost worker never comes
 * back and has no process left that is ours to kill.
 */
export class Worker implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #options: WorkerOptions;
  readonly #ready = Promise.withResolvers<Ready>();
  readonly #pending = new Map<number, Pending>();
  readonly #reading: Promise<void>;
  #lastId = 0;
  #isClosing = false;
  #lost: SandboxUnavailableError | null = null;

  /** Use {@linkcode startWorker}. */
  constructor(child: ChildProcess, options: WorkerOptions) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#writer.closed.catch(ignoreBrokenPipe);
    this.#options = options;
    this.#reading = this.#readAll();
  }

  /** What the worker said of itself. */
  get ready(): Promise<Ready> {
    return this.#ready.promise;
  }

  /** Why the worker is gone; `null` while it runs. */
  get lost(): SandboxUnavailableError | null {
    return this.#lost;
  }

  /** Process number of what was started: bubblewrap, or the supervisor itself. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Runs one step.
   *
   * @returns The reply and the id of the state that it may have left.
   * @throws {SandboxUnavailableError} If the worker is lost.
   * @throws The signal's reason, when it aborts; the step is killed.
   */
  async run(
    request: RunRequest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<RunReply> {
    const { signal } = options;
    signal?.throwIfAborted();
    const id = ++this.#lastId;
    const { wallMs } = this.#options.limits;
    const reply = this.#expect<RunReply>(id, "result", (request.prefix.length + 1) * wallMs);
    this.#send({ op: "run", id, ...request });
    const cancel = () => this.release([id]);
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      const result = await reply;
      signal?.throwIfAborted();
      return result;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /**
   * Reads the worker's own counters.
   *
   * @throws {SandboxUnavailableError} If the worker is lost.
   */
  stat(): Promise<StatReply> {
    const id = ++this.#lastId;
    const reply = this.#expect<StatReply>(id, "stat", this.#options.limits.wallMs);
    this.#send({ op: "stat", id });
    return reply;
  }

  /** Gives states up, and kills steps that still run. */
  release(ids: readonly number[]): void {
    if (ids.length > 0) this.#send({ op: "release", ids });
  }

  /** Ends the worker at once; what waits is rejected. */
  kill(): void {
    this.#child.kill();
  }

  /** Closes the worker's input, upon which it kills every step and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    await this.#writer.close().catch(ignoreBrokenPipe);
    const timer = setTimeout(() => this.kill(), 5_000);
    await this.#reading;
    clearTimeout(timer);
  }

  #expect<R extends RunReply | StatReply>(
    id: number,
    op: R["op"],
    limitMs: number,
  ): Promise<R> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    const deadlineMs = limitMs + (this.#options.graceMs ?? 15_000);
    const timer = setTimeout(
      () => this.#lose(`no reply within ${deadlineMs} ms`),
      deadlineMs,
    );
    // The pair (op, resolve) is made of one R, which a union cannot say.
    this.#pending.set(id, { op, resolve, reject, timer } as unknown as Pending);
    return promise;
  }

  /** Writes are queued by the stream, in order, so that ids reach the worker in the order in which they were given out. */
  #send(request: WorkerRequest): void {
    if (this.#lost !== null || this.#isClosing) return;
    // A broken pipe is seen by the reader, as the end of the worker.
    this.#writer.write(encodeFrame(request)).catch(ignoreBrokenPipe);
  }

  async #readAll(): Promise<void> {
    const maxBytes = maxReplyBytes(this.#options.limits.keptOutputBytes);
    let reason = "it ended";
    let cause: unknown;
    try {
      for await (const body of readFrames(this.#child.stdout, maxBytes)) {
        const fault = this.#accept(body);
        if (fault === null) continue;
        reason = fault;
        break;
      }
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
      cause = error;
    }
    await this.#end(reason, cause);
  }

  /** Handles one message. @returns What is wrong, when the worker must be given up. */
  #accept(body: unknown): string | null {
    const parsed = WorkerMessage.safeParse(body);
    if (!parsed.success) return `it sent an unknown message: ${parsed.error.message}`;
    const message = parsed.data;
    if (message.op === "fatal") return `${message.message} (${message.cause})`;
    if (message.op === "ready") {
      this.#ready.resolve(message);
      return null;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return `it answered request ${message.id}, which nobody made`;
    if (pending.op === "result" && message.op === "result") pending.resolve(message);
    else if (pending.op === "stat" && message.op === "stat") pending.resolve(message);
    else return `it answered request ${message.id} with "${message.op}"`;
    clearTimeout(pending.timer);
    this.#pending.delete(message.id);
    return null;
  }

  /** Declares the worker lost for a reason of ours; the reader then sees its end. */
  #lose(reason: string): void {
    this.#lost ??= this.#lostError(reason);
    this.kill();
  }

  async #end(reason: string, cause: unknown): Promise<void> {
    if (!this.#isClosing) this.kill();
    const status = await this.#child.status;
    await this.#child[Symbol.asyncDispose]();
    await this.#writer.abort().catch(ignoreBrokenPipe);
    const how = status.signal === null ? `exit status ${status.code}` : `signal ${status.signal}`;
    const why = reason === "it ended" ? `it ended with ${how}` : reason;
    const error = this.#lost ?? this.#lostError(why, cause);
    this.#lost = error;
    for (const { timer, reject } of this.#pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#pending.clear();
    this.#ready.promise.catch(ignoreUnread);
    this.#ready.reject(error);
  }

  #lostError(reason: string, cause?: unknown): SandboxUnavailableError {
    const tail = this.#child.stderrTail;
    const said = tail === "" ? "" : `; standard error ends with: ${tail.slice(-2_000)}`;
    return new SandboxUnavailableError(`Cannot use a sandbox worker: ${reason}${said}`, { cause });
  }
}

/**
 * Starts a worker and waits until it can run steps.
 *
 * @throws {SandboxUnavailableError} If it does not become ready.
 * @throws The signal's reason, when it aborts.
 */
export async function startWorker(
  options: WorkerOptions,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Worker> {
  signal?.throwIfAborted();
  const [program, ...args] = options.command;
  if (program === undefined) throw new RangeError("Cannot start a worker: the command is empty");
  const worker = new Worker(
    startProcess(program, args, { env: options.environment, cwd: "/" }),
    options,
  );
  const kill = () => worker.kill();
  const timer = setTimeout(kill, options.startTimeoutMs ?? 60_000);
  signal?.addEventListener("abort", kill, { once: true });
  try {
    await worker.ready;
    signal?.throwIfAborted();
    return worker;
  } catch (error) {
    await worker[Symbol.asyncDispose]();
    signal?.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
  }
}

/** The end of a worker is reported once, by its reader; a pipe says it again to every writer. */
function ignoreBrokenPipe(error: unknown): void {
  const isEnd = error === undefined || error instanceof TypeError ||
    error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource;
  if (!isEnd) throw error;
}

/** Nobody waits for readiness any more once a worker has been ready. */
function ignoreUnread(): void {}
