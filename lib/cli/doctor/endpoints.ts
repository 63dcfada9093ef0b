import type { SynthConfig } from "../../config/mod.ts";
import {
  checkpointFiles,
  modelSource,
  type ProbedEndpoints,
  probePolicies,
  probePpms,
} from "../../models/mod.ts";
import { UsageError } from "../../core/mod.ts";
import type { EndpointFindings, PolicyFindings } from "../../endpoint/mod.ts";
import { modelHost } from "../host.ts";
import { abilitiesOf } from "./abilities.ts";
import { type Ability, finding, type Say } from "./finding.ts";

/** Whether the models that a run names are there, and their endpoints do what it needs of them. */
export async function examineEndpoints(say: Say, config: SynthConfig): Promise<void> {
  const roles = [
    ["policy", config.policy, config.policyModel, probePolicies],
    ["PPM", config.ppm, config.ppmModel, probePpms],
  ] as const;
  for (const [role, places, model, probe] of roles) {
    const source = modelSource(places, model);
    if (source?.kind === "folder") {
      const { folder } = source;
      say(
        await finding(
          `${role} ${folder}`,
          async () =>
            `a checkpoint of ${
              (await checkpointFiles(folder)).length
            } files, which the embedded engine serves`,
        ),
      );
      continue;
    }
    for (const url of source?.urls ?? []) {
      const options = {
        host: modelHost(),
        api: config.policyApi,
        requestTimeout: config.requestTimeout,
        requests: config.requests,
        onProgress: () => {},
        signal: AbortSignal.timeout(PATIENCE_MS),
      };
      // One by one, so that each is told of.
      let abilities: readonly Ability[] = [];
      const check = async () => {
        const probed = await probe({ urls: [url], model: model ?? null }, options);
        abilities = probed.findings.flatMap((one) => isPolicy(one) ? abilitiesOf(one) : []);
        return described(probed);
      };
      const found = await finding(`${role} ${url}`, () => check().catch(explainSilence));
      say(abilities.length === 0 ? found : { ...found, abilities });
    }
  }
}

/** How long an endpoint may take to answer. */
const PATIENCE_MS = 60_000;

function described({ model, findings }: ProbedEndpoints): string {
  const notices = findings.flatMap((one) => one.notices);
  return [`serves "${model}"`, ...notices].join("; ");
}

/** Our own patience ends as an abort, which says nothing to a user. */
function explainSilence(error: unknown): never {
  if (!(error instanceof DOMException) || error.name !== "TimeoutError") throw error;
  throw new UsageError(
    `no answer within ${
      PATIENCE_MS / 1000
    } s; check that the server runs, the address and its port`,
    { cause: error },
  );
}

function isPolicy(findings: EndpointFindings): findings is PolicyFindings {
  return "stopStrings" in findings;
}
