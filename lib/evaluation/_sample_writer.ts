import type {
  EvaluationSample,
  EvaluationStore,
  SampleVerdict,
} from "../store/evaluation_store.ts";

interface Entry {
  readonly sample: EvaluationSample;
  readonly verdicts: readonly SampleVerdict[];
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Keeps samples as they come. Those that end while a transaction runs are written together by the next one, so that a fast
 * evaluation pays for few transactions and a slow one loses nothing.
 */
export class SampleWriter {
  readonly #store: EvaluationStore;
  readonly #evalId: number;
  #queue: Entry[] = [];
  #isWriting = false;

  constructor(store: EvaluationStore, evalId: number) {
    this.#store = store;
    this.#evalId = evalId;
  }

  /** Keeps a sample; resolves when it is durable. */
  write(sample: EvaluationSample, verdicts: readonly SampleVerdict[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.push({ sample, verdicts, resolve, reject });
    if (!this.#isWriting) void this.#drain();
    return promise;
  }

  /** Never rejects: what goes wrong is told to those who wait. */
  async #drain(): Promise<void> {
    this.#isWriting = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        await this.#store.writeSamples(
          this.#evalId,
          batch.map(({ sample }) => sample),
          batch.flatMap(({ verdicts }) => verdicts),
        );
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }
}
