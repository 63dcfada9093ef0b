import type { SynthConfig } from "../../config/mod.ts";
import { type ProbedEndpoints, probePolicies, probePpms } from "../synth/probes.ts";
import { finding, type Say } from "./finding.ts";

/** Whether the endpoints that a run names do what it needs of them. */
export async function examineEndpoints(say: Say, config: SynthConfig): Promise<void> {
  const roles = [
    ["policy", config.policy, probePolicies],
    ["PPM", config.ppm, probePpms],
  ] as const;
  for (const [role, urls, probe] of roles) {
    for (const url of urls) {
      const options = { onProgress: () => {}, signal: AbortSignal.timeout(PATIENCE_MS) };
      // One by one, so that each is told of.
      const one = role === "policy" ? { ...config, policy: [url] } : { ...config, ppm: [url] };
      say(await finding(`${role} ${url}`, async () => described(await probe(one, options))));
    }
  }
}

/** How long an endpoint may take to answer. */
const PATIENCE_MS = 60_000;

function described({ model, findings }: ProbedEndpoints): string {
  const notices = findings.flatMap((one) => one.notices);
  return [`serves "${model}"`, ...notices].join("; ");
}
