import { MAX_TIMER_MS, SandboxUnavailableError } from "../core/mod.ts";
import { type ChildProcess, startProcess } from "../process/mod.ts";
import { encodeFrame, maxReplyBytes, readFrames } from "./frames.ts";
import {
  type BatchRequest,
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

/** A worker lets a step that waits for a core take so many times its wall limit, to come as well as to run (PROTOCOL.md 4). */
const MOST_STRETCH = 32;

/** How long a worker has to kill its steps and end, once its input is closed. Its SIGKILL would leave them to nobody (tier B). */
const END_MS = 5_000;

/** A request that is on its way. */
interface Pending<R> {
  readonly resolve: (reply: R) => void;
  readonly reject: (error: SandboxUnavailableError) => void;
  /** Declares the worker lost when the reply is too late; `null` where another one's timer says so. */
  readonly timer: ReturnType<typeof setTimeout> | null;
}

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
  readonly #runs = new Map<number, Pending<RunReply>>();
  readonly #stats = new Map<number, Pending<StatReply>>();
  readonly #reading: Promise<void>;
  #lastId = 0;
  #isClosing = false;
  #lost: SandboxUnavailableError | null = null;
  #killTimer: ReturnType<typeof setTimeout> | null = null;

  /** Use {@linkcode startWorker}. */
  constructor(child: ChildProcess, options: WorkerOptions) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#writer.closed.catch(ignoreBrokenPipe);
    this.#options = options;
    this.#reading = this.#readAll();
    // Bubblewrap may be killed above a supervisor that lives on: the end of its input ends that one too.
    child.status.then(() => this.#stop());
  }

  /** First frame of the worker, in which it describes itself. */
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
    const limitMs = (request.prefix.length + 2) * MOST_STRETCH * wallMs;
    const reply = this.#expect(this.#runs, { id, limitMs });
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
   * Runs candidates of one node in one process.
   *
   * @returns Their replies, in order; a candidate whose status is `alone` has no outcome yet and must be run by itself.
   * @throws {SandboxUnavailableError} If the worker is lost.
   * @throws The signal's reason, when it aborts; the candidates are ended.
   */
  async runBatch(
    request: BatchRequest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<readonly RunReply[]> {
    const { signal } = options;
    signal?.throwIfAborted();
    const first = this.#lastId + 1;
    const last = first + request.codes.length - 1;
    this.#lastId = last;
    const replies: RunReply[] = [];
    // Replies come in order: whoever waits for the last one waits for all.
    for (let id = first; id < last; id++) {
      const resolve = (reply: RunReply) => replies.push(reply);
      this.#runs.set(id, { resolve, reject: ignoreUnread, timer: null });
    }
    const limitMs = 2 * MOST_STRETCH * this.#options.limits.wallMs;
    const end = this.#expect(this.#runs, { id: last, limitMs });
    this.#send({ op: "batch", id: first, ...request });
    const cancel = () => this.release([first]);
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      replies.push(await end);
      signal?.throwIfAborted();
      return replies;
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
    const reply = this.#expect(this.#stats, { id, limitMs: this.#options.limits.wallMs });
    this.#send({ op: "stat", id });
    return reply;
  }

  /** Gives states up, and kills steps that still run. */
  release(ids: readonly number[]): void {
    if (ids.length > 0) this.#send({ op: "release", ids });
  }

  /** Declares the worker lost and ends it; what waits is rejected. */
  giveUp(reason: string): void {
    this.#lost ??= this.#lostError(reason);
    this.#stop();
  }

  /** Closes the worker's input, upon which it kills every step and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    this.#killTimer ??= setTimeout(() => this.#child.kill(), END_MS);
    await this.#writer.close().catch(ignoreBrokenPipe);
    await this.#reading;
  }

  /** Closes the input without waiting for what is still to be written. */
  #stop(): void {
    this.#killTimer ??= setTimeout(() => this.#child.kill(), END_MS);
    this.#writer.abort().catch(ignoreBrokenPipe);
  }

  #expect<R>(
    pending: Map<number, Pending<R>>,
    { id, limitMs }: { readonly id: number; readonly limitMs: number },
  ): Promise<R> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    const deadlineMs = Math.min(
      limitMs + (this.#options.graceMs ?? 15_000),
      MAX_TIMER_MS,
    );
    const onDeadline = () => this.giveUp(`no reply within ${deadlineMs} ms`);
    pending.set(id, { resolve, reject, timer: setTimeout(onDeadline, deadlineMs) });
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
    return message.op === "result" ? settle(this.#runs, message) : settle(this.#stats, message);
  }

  async #end(reason: string, cause: unknown): Promise<void> {
    this.#stop();
    const status = await this.#child.status;
    await this.#child[Symbol.asyncDispose]();
    if (this.#killTimer !== null) clearTimeout(this.#killTimer);
    const how = status.signal === null ? `exit status ${status.code}` : `signal ${status.signal}`;
    const why = reason === "it ended" ? `it ended with ${how}` : reason;
    const error = this.#lost ?? this.#lostError(why, cause);
    this.#lost = error;
    for (const pending of [this.#runs, this.#stats]) {
      for (const { timer, reject } of pending.values()) {
        if (timer !== null) clearTimeout(timer);
        reject(error);
      }
      pending.clear();
    }
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
  const startTimeoutMs = options.startTimeoutMs ?? 60_000;
  const onTimeout = () => worker.giveUp(`it was not ready within ${startTimeoutMs} ms`);
  const onAbort = () => worker.giveUp("its start was cancelled");
  const timer = setTimeout(onTimeout, startTimeoutMs);
  signal?.addEventListener("abort", onAbort, { once: true });
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
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Hands a reply to the one who waits for it. @returns What is wrong, when there is nobody. */
function settle<R extends { readonly id: number }>(
  pending: Map<number, Pending<R>>,
  reply: R,
): string | null {
  const entry = pending.get(reply.id);
  if (entry === undefined) return `it answered request ${reply.id}, which nobody made`;
  if (entry.timer !== null) clearTimeout(entry.timer);
  pending.delete(reply.id);
  entry.resolve(reply);
  return null;
}

/** The end of a worker is reported once, by its reader; a pipe says it again to every writer. */
function ignoreBrokenPipe(error: unknown): void {
  const isEnd = error === undefined || error instanceof TypeError ||
    error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource;
  if (!isEnd) throw error;
}

/** Nobody waits for readiness any more once a worker has been ready. */
function ignoreUnread(): void {}
