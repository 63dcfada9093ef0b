import { join } from "node:path";
import { z } from "zod";
import type { Json } from "../../core/mod.ts";
import type { Sandbox } from "../../sandbox/mod.ts";
import type { Provenance } from "../../store/mod.ts";
import { PROJECT_ROOT } from "../host.ts";
import type { OpenModels } from "./models.ts";

/** What a search runs with: its settings, the harness, the sandbox, the models as their endpoints describe them. */
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

function asJson(value: unknown): Json {
  return z.json().parse(JSON.parse(JSON.stringify(value)));
}

/** Commit of the project's own checkout; `null` for a copy without history. */
async function codeRevision(): Promise<string | null> {
  const read = (path: string) =>
    Deno.readTextFile(join(PROJECT_ROOT, ".git", path)).then((text) => text.trim(), () => null);
  const head = await read("HEAD");
  const reference = /^ref: (.+)$/.exec(head ?? "")?.[1];
  return reference === undefined ? head : await read(reference);
}
