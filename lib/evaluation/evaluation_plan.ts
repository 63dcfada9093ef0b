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
   * What else changes what a sample means: identities of the models, prompt route, limits of the sandbox. Suite, problems, mode and seed
   * are added. How many problems and samples are wanted is not part of it: more of them go on where fewer ended.
   */
  readonly spec: Readonly<Record<string, Json>>;
}

/** What the store is asked to open: the same request finds the same evaluation. */
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
