import { z } from "zod";
import { InfrastructureError, SandboxUnavailableError } from "../core/mod.ts";
import type { Sandbox, SandboxSession, StepOutcome } from "../sandbox/sandbox.ts";

/** A pair of cleaned LaTeX texts. */
export interface SymbolicCase {
  readonly gold: string;
  readonly answer: string;
}

const SymbolicReply = z.strictObject({
  equal: z.boolean(),
  goldValue: z.string().nullish(),
  answerValue: z.string().nullish(),
  failed: z.enum(["MemoryError", "RecursionError", "TooLarge", "OutOfTime"]).optional(),
  ms: z.number(),
});

/** Verdict of math-verify on a pair; `failure` is set where it gave none within its limits. */
export interface SymbolicResult {
  readonly equal: boolean;
  /** Forty-digit decimal value of a real constant. */
  readonly goldValue: string | null;
  readonly answerValue: string | null;
  readonly failure: Failure | null;
  /** Processor time of this pair alone. */
  readonly ms: number;
}

type Failure = "timeout" | "memory" | "worker" | "too_complex";

const FAILURES = {
  MemoryError: "memory",
  RecursionError: "worker",
  TooLarge: "too_complex",
  OutOfTime: "timeout",
} as const;

interface Waiting {
  readonly pair: SymbolicCase;
  readonly resolve: (result: SymbolicResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Cases in one fork of the worker: enough to spread its cost, few enough to be halved when one of them ends the fork. */
const BATCH_SIZE = 16;

/**
 * Stage two: batches pairs into forks of the warm grading worker. While every worker is busy, what comes in gathers to the next
 * batch. The worker ends a pair that takes too long and says so; what stood behind it is sent once more. A pair that ends its whole
 * fork (memory, or one operation that cannot be interrupted) is found by halving, and every half is answered as soon as it is done.
 */
export class SymbolicJudge implements AsyncDisposable {
  readonly #sandbox: Sandbox;
  readonly #idle: SandboxSession[] = [];
  readonly #queue: Waiting[] = [];
  #running = 0;
  #closed = false;

  /** @param sandbox Workers that have `worker/grading_entry.py` loaded. */
  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  /**
   * Compares one pair.
   *
   * @throws {InfrastructureError} If the worker is lost twice.
   */
  compare(pair: SymbolicCase): Promise<SymbolicResult> {
    const { promise, resolve, reject } = Promise.withResolvers<SymbolicResult>();
    this.#queue.push({ pair, resolve, reject });
    // Callers of the same turn share a batch.
    queueMicrotask(() => this.#pump());
    return promise;
  }

  /** Closes the sessions; the sandbox belongs to the caller. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) {
      waiting.reject(new InfrastructureError("grader", "Cannot grade: the grader was closed"));
    }
    for (const session of this.#idle.splice(0)) await session[Symbol.asyncDispose]();
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#running < this.#sandbox.info.workers) {
      this.#running++;
      const share = Math.ceil(this.#queue.length / this.#sandbox.info.workers);
      void this.#serve(this.#queue.splice(0, Math.min(BATCH_SIZE, share))).finally(() => {
        this.#running--;
        this.#pump();
      });
    }
  }

  async #serve(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#runBatch(batch);
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
  }

  async #runBatch(batch: readonly Waiting[]): Promise<void> {
    const outcome = await this.#run(programOf(batch.map((waiting) => waiting.pair)));
    if (outcome.status === "ok") {
      const results = readReply(outcome, batch.length);
      for (const [i, result] of results.entries()) batch[i]?.resolve(result);
      if (results.length < batch.length) await this.#runBatch(batch.slice(results.length));
      return;
    }
    const failure = failureOf(outcome);
    if (batch.length === 1) {
      batch[0]?.resolve(failed(failure, outcome.cpuMs));
      return;
    }
    const half = Math.ceil(batch.length / 2);
    await this.#runBatch(batch.slice(0, half));
    await this.#runBatch(batch.slice(half));
  }

  async #run(code: string): Promise<StepOutcome> {
    for (let attempt = 1;; attempt++) {
      const session = this.#idle.pop() ?? this.#sandbox.openSession();
      try {
        const outcome = await session.run({ parent: null, code, keep: false });
        if (this.#closed) await session[Symbol.asyncDispose]();
        else this.#idle.push(session);
        return outcome;
      } catch (error) {
        await session[Symbol.asyncDispose]();
        if (!(error instanceof SandboxUnavailableError)) throw error;
        if (attempt === 2) {
          throw new InfrastructureError(
            "grader",
            `Cannot grade: the worker was lost twice: ${error.message}`,
            { cause: error },
          );
        }
      }
    }
  }
}

/** The data is a string literal of ASCII; no part of it is program text. JSON's escapes are Python's. */
function programOf(pairs: readonly SymbolicCase[]): string {
  const literal = JSON.stringify(escapeNonAscii(JSON.stringify(pairs)));
  return `import grading_entry\nprint(grading_entry.grade_batch(${literal}))`;
}

function escapeNonAscii(json: string): string {
  return json.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function readReply(outcome: StepOutcome, count: number): readonly SymbolicResult[] {
  let json: unknown;
  try {
    json = JSON.parse(outcome.stdout);
  } catch (error) {
    throw new InfrastructureError(
      "grader",
      "Cannot read the reply of the grading worker: expected JSON",
      { cause: error },
    );
  }
  const reply = z.array(SymbolicReply).min(1).max(count).safeParse(json);
  if (!reply.success) {
    throw new InfrastructureError(
      "grader",
      `Cannot read the reply of the grading worker: ${z.prettifyError(reply.error)}`,
    );
  }
  return reply.data.map((item) =>
    item.failed !== undefined ? failed(FAILURES[item.failed], item.ms) : {
      equal: item.equal,
      goldValue: item.goldValue ?? null,
      answerValue: item.answerValue ?? null,
      failure: null,
      ms: item.ms,
    }
  );
}

function failureOf(outcome: StepOutcome): "timeout" | "memory" | "worker" {
  if (outcome.status === "error" && outcome.error?.type === "ModuleNotFoundError") {
    throw new InfrastructureError(
      "grader",
      "Cannot grade: expected a sandbox with the grading worker loaded, got one without it",
    );
  }
  return outcome.status === "timeout" || outcome.status === "memory" ? outcome.status : "worker";
}

function failed(failure: Failure, ms: number): SymbolicResult {
  return { equal: false, goldValue: null, answerValue: null, failure, ms };
}
