/**
 * The contract of a mode: one way to make answers of a policy.
 *
 * Invariant: a mode sees questions only. Neither {@linkcode SolveContext} nor {@linkcode Question} leads to a reference answer, a
 * judgement or a grader, so no mode can choose by what is right.
 */
import type { EvaluationModeName, Json } from "../../core/mod.ts";
import type { Question, StepDomain } from "../../domain/domain.ts";
import type { Policy } from "../../endpoint/policy.ts";
import type { Ppm } from "../../endpoint/ppm.ts";
import type { SampleOutcome } from "../../store/evaluation_store.ts";

/** Context in which a mode works. */
export interface SolveContext {
  readonly policy: Policy;
  /** `null` where the mode needs none. */
  readonly ppm: Ppm | null;
  readonly domain: StepDomain;
  /** Seed of the evaluation; every random choice follows from it, the problem and the index of the sample. */
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Result of an attempt at a question. */
export interface Attempt {
  /** Extracted answer; `null` where there is none. */
  readonly answer: string | null;
  readonly outcome: Exclude<SampleOutcome, "infrastructure">;
  /** Raw logit of the PPM for the whole solution; `null` without one. */
  readonly score: number | null;
  /** Tokens of prompts, once per request. */
  readonly promptTokens: number;
  /** Tokens generated, discarded ones included. */
  readonly generatedTokens: number;
  readonly ppmTokens: number;
  /** Record by which a person can see what happened; bounded. */
  readonly trace: Json;
}

/** One way to make answers. */
export interface EvaluationMode {
  readonly name: EvaluationModeName;
  readonly needsPpm: boolean;
  /** Everything that changes what a sample means, beside models, problems and seed. */
  readonly spec: Json;
  /**
   * Makes one sample.
   *
   * @throws {InfrastructureError} If policy, PPM or sandbox failed; says nothing about the model.
   */
  solve(question: Question, sample: number, context: SolveContext): Promise<Attempt>;
}
