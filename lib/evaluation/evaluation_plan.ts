import { z } from "zod";
import {
  type Json,
  partOfSpec,
  type SpecKind,
  storedSpec,
  upgradeSpec,
  withField,
} from "../core/mod.ts";
import { SEARCH_SPEC } from "../search/mod.ts";
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

const sampling = {
  temperature: z.number(),
  topP: z.number(),
  maxTokens: z.int(),
  modelLength: z.int(),
};

const StoredEvaluation = z.object({
  policyApi: z.enum(["completions", "chat"]),
  prompt: z.enum(["trained", "bootstrap"]),
  seed: z.int(),
  mode: z.union([
    z.object({ search: partOfSpec(SEARCH_SPEC), width: z.int().optional() }),
    z.object({ style: z.enum(["code", "talk"]), ...sampling }),
  ]),
});

/** Specification of a stored evaluation, as far as others are made like it: everything but the models. */
export type StoredEvaluation = z.infer<typeof StoredEvaluation>;

/** Specifications of evaluations as they are stored. What is added to them is named here with what was done before it was there. */
export const EVALUATION_SPEC: SpecKind<StoredEvaluation> = {
  name: "specification of an evaluation",
  schema: StoredEvaluation,
  added: [],
  parts: (spec) =>
    withField(
      spec,
      "mode",
      (mode) => withField(mode, "search", (search) => upgradeSpec(SEARCH_SPEC, search)),
    ),
};

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
    spec: storedSpec(EVALUATION_SPEC, {
      ...spec,
      suite: suite.name,
      problems: checksum,
      mode: mode.spec,
      seed,
    }),
    upgrade: (stored) => upgradeSpec(EVALUATION_SPEC, stored),
    provenance,
    open,
  };
}
