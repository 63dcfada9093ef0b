import { DEFAULT_CALIBRATION, type PpmCalibration } from "../core/mod.ts";
import type { Policy } from "../endpoint/policy.ts";
import type { Ppm } from "../endpoint/ppm.ts";
import type { Question, StepDomain } from "../domain/domain.ts";
import type { PathChecker } from "./_code_path.ts";
import type { Drawer } from "./_draw.ts";
import type { Scorer } from "./_scorer.ts";
import type { SearchSpec } from "./spec.ts";

/** Judges an answer; at test time there is none, and nothing in a context leads to a reference. */
export type JudgeAnswer = (answer: string) => Promise<boolean>;

/** All that the work on one tree needs. */
export interface SearchContext {
  readonly question: Question;
  readonly spec: SearchSpec;
  readonly seed: number;
  readonly policy: Policy;
  readonly domain: StepDomain;
  readonly drawer: Drawer;
  readonly checker: PathChecker;
  /** `null` without a PPM. */
  readonly scorer: Scorer | null;
  readonly calibration: PpmCalibration;
  /** `null` at test time. */
  readonly judge: JudgeAnswer | null;
  /** Milliseconds, for what is timed. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** The scale that q0 is on: the specification's, or else the checkpoint's. Irrelevant without a PPM. */
export function calibrationOf(spec: SearchSpec, ppm: Ppm | null): PpmCalibration {
  return spec.calibration ?? ppm?.calibration ?? DEFAULT_CALIBRATION;
}
