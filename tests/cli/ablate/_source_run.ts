/** Stored runs of rounds that ablations are made from. */
import type { Json } from "../../../lib/core/mod.ts";
import { pairRules, sftRules } from "../../../lib/export/mod.ts";
import { PRESETS } from "../../../lib/search/mod.ts";
import type { DuckdbStore } from "../../../lib/store/mod.ts";
import { trainSettings } from "../../../lib/training/mod.ts";
import { testProblem, testRun, testTree } from "../../conformance/store.ts";

const json = (value: unknown): Json => JSON.parse(JSON.stringify(value));

/** Part of a run's specification that an ablation reads. */
export function roundSpec(problems: string): Json {
  return json({
    problems,
    search: { "round 1": [{ spec: PRESETS["starter/r1"].spec }] },
    exports: { sft: sftRules("starter"), pairs: pairRules("starter") },
  });
}

/** A run of evolve as its rows say it: one round over one problem, done. */
export async function keepRun(
  store: DuckdbStore,
  name: string,
  spec: Json,
): Promise<number> {
  const { runNo } = await store.openRun(testRun({
    name,
    command: "evolve",
    spec,
  }));
  await store.putProblems([testProblem(1)]);
  await store.writeTree({ runNo, roundNo: 1 }, testTree("test/1", 0));
  const keep = (roundNo: number, kind: "sft" | "checkpoint", stage: string) =>
    store.addArtifact({
      runNo,
      roundNo,
      kind,
      role: stage === "ppm" ? "ppm" : "policy",
      sha256: null,
      location: `files/${name}/round-${roundNo}/${stage}`,
      rows: kind === "sft" ? 7 : null,
      meta: json({ stage, settings: trainSettings(stage === "ppm" ? "ppm" : "sft") }),
      parents: [],
    });
  await keep(0, "checkpoint", "policy");
  await keep(1, "sft", "sft");
  await keep(1, "checkpoint", "policy");
  await keep(1, "checkpoint", "ppm");
  await store.putRound({ runNo, roundNo: 1, policy: "p", ppm: null, params: {}, state: "done" });
  return runNo;
}
