/**
 * The contract suites against servers that somebody else started, e.g. vLLM on a GPU:
 *
 *   RSTAR_TEST_POLICY_URL=http://host:8000/v1 RSTAR_TEST_PPM_URL=http://host:8001/v1 deno test -A tests/endpoint/external_conformance_long_test.ts
 */
import { testPolicy } from "../conformance/policy.ts";
import { testPpm } from "../conformance/ppm.ts";
import { policyAt, ppmAt } from "./_connect.ts";

const policyUrl = Deno.env.get("RSTAR_TEST_POLICY_URL") ?? null;
const ppmUrl = Deno.env.get("RSTAR_TEST_PPM_URL") ?? null;

testPolicy("an external policy", {
  ...policyAt(() => policyUrl ?? ""),
  maxModelLength: 4096,
  // What an unknown model writes is not known.
  writesFormat: false,
  takesSeeds: false,
  missing: policyUrl === null ? "RSTAR_TEST_POLICY_URL is not set" : null,
});

testPpm("an external PPM", {
  ...ppmAt(() => ppmUrl ?? ""),
  missing: ppmUrl === null ? "RSTAR_TEST_PPM_URL is not set" : null,
});
