import { SandboxUnavailableError, Semaphore } from "../core/mod.ts";
import type { Ready } from "./messages.ts";
import type { Worker } from "./worker.ts";

/** Steps that a worker runs side by side: while one is in the kernel or on its way, the other computes. */
const TURNS = 2;

/** Steps that a worker may hold when some of them are slow. Few, since all share the core that the wall clock runs against. */
const PLACES = 4;

/** A step that runs longer gives its turn to the next one, so that a slow import or an endless loop holds up nobody. */
const TURN_MS = 250;

/** A worker with its number in the series of replacements; a live state is worth nothing on another one. */
export interface WorkerLink {
  readonly worker: Worker;
  readonly generation: number;
  /** Price of a fork on this machine, by the worker's own measure at its start, milliseconds of processor time. */
  readonly forkMs: number;
}

/** Options of a {@linkcode WorkerSlot}. */
export interface WorkerSlotOptions {
  readonly start: () => Promise<Worker>;
  /** Provenance: a replacement must run the same Python, or outcomes of one run would not be comparable. */
  readonly pythonVersion: string;
  readonly onReplaced: (reason: SandboxUnavailableError) => void;
}

/** The place of one worker in the pool: first come first served, and a worker that is lost is replaced by the next caller. */
export class WorkerSlot implements AsyncDisposable {
  readonly #options: WorkerSlotOptions;
  readonly #places = new Semaphore(PLACES);
  readonly #turns = new Semaphore(TURNS);
  #link: Promise<WorkerLink> | null = null;
  #generation = 0;
  #waiting = 0;
  #running = 0;
  #isClosed = false;
  #ready: Ready | null = null;
  #present: Worker | null = null;
  /** Sessions that stick to this worker. */
  sessions = 0;
  /** Steps that wait for others of their node, to be run with them. */
  gathering = 0;
  /** States that are live on the present worker, as far as it has told. */
  liveStates = 0;

  constructor(options: WorkerSlotOptions) {
    this.#options = options;
  }

  /** Callers that wait for a turn. */
  get waiting(): number {
    return this.#waiting + this.gathering;
  }

  /** Steps that run. */
  get running(): number {
    return this.#running;
  }

  /** First frame of the present worker, in which it describes itself; `null` before the first start. */
  get ready(): Ready | null {
    return this.#ready;
  }

  /** Whether a link is to the present worker. */
  isCurrent(generation: number): boolean {
    return generation === this.#generation;
  }

  /** Gives up states of the present worker. */
  releaseStates(ids: readonly number[]): void {
    if (ids.length === 0 || this.#present === null) return;
    this.liveStates -= ids.length;
    this.#present.release(ids);
  }

  /**
   * The present worker; a replacement when it was lost.
   *
   * @throws {SandboxUnavailableError} If none can be started; the next caller tries again.
   */
  async connect(): Promise<WorkerLink> {
    while (true) {
      if (this.#isClosed) {
        throw new SandboxUnavailableError("Cannot run a step: the sandbox is closed");
      }
      const starting = this.#link ??= this.#start();
      let link: WorkerLink;
      try {
        link = await starting;
      } catch (error) {
        if (this.#link === starting) this.#link = null;
        throw error;
      }
      const { lost } = link.worker;
      if (lost === null) return link;
      if (this.#link !== starting) continue;
      this.#link = null;
      this.#present = null;
      this.#generation++;
      this.liveStates = 0;
      this.#options.onReplaced(lost);
    }
  }

  /**
   * Runs a task when it is its turn.
   *
   * @param options.steps How many steps the task runs. @default 1
   * @throws The signal's reason, when it aborts while waiting.
   */
  async withTurn<T>(
    task: () => Promise<T>,
    { signal, steps = 1 }: {
      readonly signal?: AbortSignal | undefined;
      readonly steps?: number;
    } = {},
  ): Promise<T> {
    this.#waiting += steps;
    let isWaiting = true;
    const stopWaiting = () => {
      if (isWaiting) this.#waiting -= steps;
      isWaiting = false;
    };
    try {
      using _place = await this.#places.acquire({ signal });
      using turn = await this.#turns.acquire({ signal });
      stopWaiting();
      this.#running += steps;
      const timer = setTimeout(() => turn[Symbol.dispose](), TURN_MS);
      try {
        return await task();
      } finally {
        clearTimeout(timer);
        this.#running -= steps;
      }
    } finally {
      stopWaiting();
    }
  }

  /** Ends the worker and refuses to start another one. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const link = await this.#link?.catch(() => null);
    await link?.worker[Symbol.asyncDispose]();
  }

  async #start(): Promise<WorkerLink> {
    const worker = await this.#options.start();
    const ready = await worker.ready;
    if (ready.python !== this.#options.pythonVersion) {
      await worker[Symbol.asyncDispose]();
      throw new SandboxUnavailableError(
        `Cannot replace a sandbox worker: expected Python ${this.#options.pythonVersion}, got ` +
          `${ready.python}; start the command again, as outcomes of the two would be mixed`,
      );
    }
    this.#ready = ready;
    this.#present = worker;
    this.#generation++;
    return { worker, generation: this.#generation, forkMs: ready.fork_us / 1_000 };
  }
}
