import type { Sandbox } from "../../sandbox/mod.ts";
import type { Provenance } from "../../store/mod.ts";
import { asJson } from "../as_json.ts";
import { codeRevision } from "../host.ts";
import type { OpenModels } from "../../models/mod.ts";

/** Provenance of a search: its settings, the harness, the sandbox, the models as their endpoints describe them. */
export async function searchProvenance(
  config: { readonly seed: number },
  parts: { readonly sandbox: Sandbox; readonly models: OpenModels },
): Promise<Provenance> {
  const { sandbox, models } = parts;
  return {
    config: asJson(config),
    codeRev: await codeRevision(),
    sandboxTier: sandbox.info.tier,
    packages: { deno: Deno.version.deno, python: sandbox.info.python, ...sandbox.info.packages },
    models: asJson({
      policy: models.policy.description,
      ppm: models.ppm?.description ?? null,
      identity: models.identity,
    }),
    seed: config.seed,
  };
}
