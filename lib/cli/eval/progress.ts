import {
  type InfrastructureError,
  type Picture,
  secondsSince,
  shortNumber,
  timeLeft,
} from "../../core/mod.ts";
import { FailureCounts } from "../../endpoint/mod.ts";
import type { SampleEvent } from "../../evaluation/mod.ts";

/** Counts what an evaluation has done, for the display and the budgets. */
export class EvalProgress {
  readonly #startedMs = performance.now();
  #failures = new FailureCounts();
  #title = "";
  #partMs = performance.now();
  #finishedMs = performance.now();
  #done = 0;
  #pending = 0;
  #made = 0;
  #right = 0;
  #truncated = 0;
  #partTokens = 0;
  #generatedTokens = 0;
  readonly #unread: string[] = [];

  /** Seconds since the start. */
  get seconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  /** Tokens generated since the start. */
  get generatedTokens(): number {
    return this.#generatedTokens;
  }

  /** A part of the work begins. */
  begin(title: string, counts: { readonly done: number; readonly pending: number }): void {
    this.#title = title;
    this.#partMs = performance.now();
    this.#finishedMs = this.#partMs;
    this.#done = counts.done;
    this.#pending = counts.pending;
    this.#made = 0;
    this.#right = 0;
    this.#truncated = 0;
    this.#partTokens = 0;
    this.#failures = new FailureCounts();
  }

  /** A sample was kept. */
  made({ sample, verdict }: SampleEvent): void {
    this.#made++;
    this.#finishedMs = performance.now();
    this.#partTokens += sample.generatedTokens;
    this.#generatedTokens += sample.generatedTokens;
    if (verdict?.correct === true) this.#right++;
    if (sample.outcome === "truncated") this.#truncated++;
  }

  /** Nothing that was drawn in this part could be read. What answers all the same, in words that follow no format, is worth its score. */
  readNothing(): void {
    if (this.#right === 0 && this.#made > 0) this.#unread.push(this.#title);
  }

  /** Parts in which nothing could be read, and nothing was right. */
  get unread(): readonly string[] {
    return this.#unread;
  }

  /** The machinery failed a sample. */
  failed(error: InfrastructureError): void {
    this.#failures.add(error.boundary, error.message);
  }

  /** Failures of this part by kind, each with an example. */
  failureLines(): readonly string[] {
    return Object.entries(this.#failures.snapshot()).map(([boundary, { count, example }]) =>
      `${count} samples failed by the machinery (${boundary}), for instance: ${example}`
    );
  }

  /** Picture that the display shows now. */
  picture(): Picture {
    const line = this.#title === "" ? "getting ready" : `${this.#title}: ${this.#counts()}`;
    return { lines: [line, ...this.failureLines()], line };
  }

  /** Speed is known only when something was made. */
  #counts(): string {
    const made = `samples ${this.#done + this.#made}/${this.#done + this.#pending}`;
    const seconds = secondsSince(this.#partMs);
    const left = this.#made === 0 ? NaN : seconds / this.#made * (this.#pending - this.#made);
    const eta = timeLeft(left, { idleSeconds: secondsSince(this.#finishedMs), what: "sample" });
    if (this.#made === 0) return eta.startsWith("ETA") ? made : `${made}, ${eta}`;
    return [
      made,
      `${(100 * this.#right / this.#made).toFixed(1)} % of new ones right`,
      ...(this.#truncated === 0 ? [] : [`${this.#truncated} truncated`]),
      `${shortNumber(this.#partTokens / seconds)} tokens/s`,
      eta,
    ].join(", ");
  }
}
