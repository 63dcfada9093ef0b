import {
  commonTokenFindings,
  completionsPolicy,
  EndpointPool,
  openTransport,
  poolingPpm,
  probePolicy,
  probePpm,
} from "../../lib/endpoint/mod.ts";
import type { PolicyUnderTest } from "../conformance/policy.ts";
import type { PpmUnderTest } from "../conformance/ppm.ts";

/** A real server is connected to as a run does it: probed, then asked. */
export function policyAt(
  url: () => string,
  options: { readonly served?: string } = {},
): Pick<PolicyUnderTest, "open" | "openUnknownModel"> {
  const open = async (model?: string) => {
    const transport = openTransport(url());
    const findings = await probePolicy(transport, {
      flag: "--policy",
      api: "completions",
      model: options.served,
    });
    return completionsPolicy({
      pool: new EndpointPool([transport]),
      model: model ?? findings.model,
      sendsSeed: findings.takesSeed === true,
      honoursN: findings.honoursN,
      tokens: commonTokenFindings([findings]),
      findings: { endpoints: [findings] },
    });
  };
  return { open: () => open(), openUnknownModel: () => open("nobody") };
}

/** The PPM of a real server. */
export function ppmAt(
  url: () => string,
  options: { readonly served?: string } = {},
): Pick<PpmUnderTest, "open"> {
  return {
    open: async () => {
      const transport = openTransport(url());
      const findings = await probePpm(transport, { flag: "--ppm", model: options.served });
      return poolingPpm({
        pool: new EndpointPool([transport]),
        model: findings.model,
        calibration: { bias: 0, scale: 1 },
        findings: { endpoints: [findings] },
      });
    },
  };
}
