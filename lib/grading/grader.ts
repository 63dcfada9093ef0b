/** The contract of answer grading: the same verdict for the same pair, whatever the load or the order (docs/evaluation.md, "Grading"). */
import type { ProblemMeta, Verdict } from "../core/mod.ts";

/** A reference answer and what its set says about it. */
export interface Reference {
  readonly answer: string;
  readonly meta: ProblemMeta;
}

/** Judges answers against references, in a confined worker where a symbolic comparison is needed. */
export interface Grader extends AsyncDisposable {
  /** Name and version, kept with every verdict. */
  readonly version: string;
  /**
   * Judges a bare answer (what extraction found; `null` = none) against a reference.
   *
   * @throws {InfrastructureError} If the confined worker cannot be had. A case that runs out of time is a verdict, not an error.
   */
  grade(
    reference: Reference,
    answer: string | null,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Verdict>;
}
