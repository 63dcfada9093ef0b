import { z } from "zod";
import type { TreesRequest } from "../../ablation/mod.ts";
import {
  InfrastructureError,
  Interrupted,
  partOfSpec,
  type Problem,
  type SpecKind,
  storedSpec,
  upgradeSpec,
  withField,
} from "../../core/mod.ts";
import { SEARCH_SPEC, type SearchSpec } from "../../search/mod.ts";
import type { OpenedRun } from "../../store/mod.ts";
import { asJson } from "../as_json.ts";
import { codeRevision } from "../host.ts";
import { growRound } from "../synth/grow.ts";
import { pendingJobs } from "../synth/jobs.ts";
import { type LaboratoryParts, serve } from "./parts.ts";
import { undoneWayOn } from "../unfinished.ts";

/**
 * Grows the trees of a request that are not stored yet; returns the number of their run. Where none is missing nothing is started.
 *
 * @throws {Interrupted} After SIGINT, when the open trees are stored.
 * @throws {InfrastructureError} If trees could not be finished.
 */
export async function growTrees(
  request: TreesRequest,
  parts: LaboratoryParts & { readonly problems: readonly Problem[] },
): Promise<number> {
  const { found: { source }, store, execution, interrupts, reporter, observation, problems } =
    parts;
  const { key, round = source.round, spec, policy, ppm, seeds } = request;
  const run = await openTreeRun({ ...request, round }, parts);
  const { runNo } = run;
  const wanted = { runNo, roundNo: round, problems, seeds };
  const left = await pendingJobs(store, wanted);
  if (left.count === 0 && left.givenUp === 0) return runNo;
  const outcome = await growRound({ ...wanted, left, spec, policyApi: "completions" }, {
    store,
    models: await serve(parts, policy, ppm),
    sandbox: await execution.sandbox(),
    grader: await execution.grader(),
    reporter,
    onStart: (progress) => {
      observation.useRun(run);
      observation.watch(progress);
    },
    stopAdmitting: interrupts.stopAdmitting,
    signal: interrupts.stopNow,
  });
  observation.useRun(parts.run);
  outcome.failures.forEach((line) => reporter.warn(line));
  if (interrupts.stopAdmitting.aborted) throw new Interrupted("Interrupted");
  if (outcome.undone === 0) return runNo;
  throw new InfrastructureError(
    "process",
    `${outcome.undone} trees of "${key}" could not be finished, for the reasons above; nothing stored is lost; ` +
      undoneWayOn(outcome),
  );
}

/** Specifications of the trees of an arm as they are stored. */
export const TREES_SPEC: SpecKind<{ readonly search: SearchSpec }> = {
  name: "specification of an arm's trees",
  schema: z.object({ search: partOfSpec(SEARCH_SPEC) }),
  added: [],
  parts: (spec) => withField(spec, "search", (search) => upgradeSpec(SEARCH_SPEC, search)),
};

/** Trees of another specification are another run, so that they can be asked for by its name. */
async function openTreeRun(
  { key, round, spec, policy, ppm }: TreesRequest & { readonly round: number },
  { store, found: { run }, execution, reporter, config }: LaboratoryParts,
): Promise<OpenedRun> {
  const name = `${run.name}-r${round}-${key}`;
  reporter.begin(`${name}: search`);
  const { info } = await execution.sandbox();
  return await store.openRun({
    name,
    command: "ablate",
    mode: "continue",
    spec: storedSpec(TREES_SPEC, {
      source: run.specHash,
      round,
      search: spec,
      policy: policy.artifactId,
      ppm: ppm?.artifactId ?? null,
    }),
    upgrade: (stored) => upgradeSpec(TREES_SPEC, stored),
    provenance: {
      config: asJson(config),
      codeRev: await codeRevision(),
      sandboxTier: info.tier,
      packages: { deno: Deno.version.deno, python: info.python, ...info.packages },
      models: asJson({ policy: policy.folder, ppm: ppm?.folder ?? null }),
      seed: 0,
    },
  });
}
