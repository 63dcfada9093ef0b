import type { InfrastructureError } from "../../core/mod.ts";
import { FailureCounts } from "../../endpoint/mod.ts";
import type { SampleEvent } from "../../evaluation/mod.ts";
import { type Picture, shortDuration, shortNumber } from "../output.ts";

/** Counts what an evaluation has done, for the display and the budgets. */
export class EvalProgress {
  readonly #startedMs = performance.now();
  #failures = new FailureCounts();
  #title = "";
  #partMs = performance.now();
  #done = 0;
  #pending = 0;
  #made = 0;
  #right = 0;
  #truncated = 0;
  #partTokens = 0;
  #generatedTokens = 0;

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
    this.#partTokens += sample.generatedTokens;
    this.#generatedTokens += sample.generatedTokens;
    if (verdict?.correct === true) this.#right++;
    if (sample.outcome === "truncated") this.#truncated++;
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

  /** What the display shows now. */
  picture(): Picture {
    const line = this.#title === "" ? "getting ready" : `${this.#title}: ${this.#counts()}`;
    return { lines: [line, ...this.failureLines()], line };
  }

  /** Speed and time left are known only when something was made. */
  #counts(): string {
    const made = `samples ${this.#done + this.#made}/${this.#done + this.#pending}`;
    if (this.#made === 0) return made;
    const seconds = (performance.now() - this.#partMs) / 1000;
    const eta = seconds / this.#made * (this.#pending - this.#made);
    return [
      made,
      `${(100 * this.#right / this.#made).toFixed(1)} % of new ones right`,
      ...(this.#truncated === 0 ? [] : [`${this.#truncated} truncated`]),
      `${shortNumber(this.#partTokens / seconds)} tokens/s`,
      `ETA ${shortDuration(eta)}`,
    ].join(", ");
  }
}
