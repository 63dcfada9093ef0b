import type { Json } from "../core/mod.ts";
import type { EvaluationRequest } from "../store/evaluation_store.ts";
import type { EvaluationMode } from "./modes/mod.ts";
import type { LoadedSuite } from "./suite.ts";

/** How a suite is measured. */
export interface EvaluationPlan extends
  Pick<
    EvaluationRequest,
    "runNo" | "roundNo" | "policy" | "ppm" | "provenance" | "open"
  > {
  readonly mode: EvaluationMode;
  /** Samples of every problem. */
  readonly samples: number;
  /** Every random choice follows from it, the problem and the index of the sample. */
  readonly seed: number;
  /**
   * Everything else that changes what a sample means: identities of the models, prompt route, limits of the sandbox. Suite, problems, mode
   * and seed are added. The number of problems and samples wanted is no part of it: a larger run goes on where a smaller one ended.
   */
  readonly spec: Readonly<Record<string, Json>>;
}

/** Request to the store to open an evaluation: the same request finds the same evaluation. */
export function evaluationRequest(loaded: LoadedSuite, plan: EvaluationPlan): EvaluationRequest {
  const { mode, seed, spec, runNo, roundNo, policy, ppm, provenance, open } = plan;
  const { suite, checksum } = loaded;
  return {
    suite: suite.name,
    mode: mode.name,
    runNo,
    roundNo,
    policy,
    ppm,
    spec: { ...spec, suite: suite.name, problems: checksum, mode: mode.spec, seed },
    provenance,
    open,
  };
}
