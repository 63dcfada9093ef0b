import type { Policy } from "../endpoint/policy.ts";
import type { Ppm } from "../endpoint/ppm.ts";

/** A policy all of whose requests belong to one session: see `CallOptions.session`. */
export function policyInSession(policy: Policy, session: string): Policy {
  return {
    description: policy.description,
    tokens: policy.tokens ?? null,
    sample: (request, call) => policy.sample(request, { ...call, session }),
  };
}

/** A PPM all of whose requests belong to one session. */
export function ppmInSession(ppm: Ppm, session: string): Ppm {
  return {
    description: ppm.description,
    calibration: ppm.calibration,
    score: (texts, call) => ppm.score(texts, { ...call, session }),
  };
}
