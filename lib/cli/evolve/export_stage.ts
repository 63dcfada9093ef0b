import { join } from "node:path";
import { z } from "zod";
import type { EvolveConfig } from "../../config/mod.ts";
import { type Json, UsageError } from "../../core/mod.ts";
import {
  type ExportManifest,
  exportPairs,
  exportSft,
  OWN_FILES,
  type PairRules,
  pairRules,
  type RulePreset,
  type SftRules,
  sftRules,
} from "../../export/mod.ts";
import type { ExportRequest, MadeArtifact } from "../../rounds/mod.ts";
import { asJson } from "../as_json.ts";
import { falseStepShare, problemsWithTruth } from "../false_steps.ts";
import { quarantinedProblems } from "./quarantine.ts";
import type { StageParts } from "./stage_parts.ts";

/** Rules by which trees become training data. */
export interface ExportRules {
  readonly sft: SftRules;
  readonly pairs: PairRules;
}

/** Preset of the rules: what was asked for, or what suits the family of presets. */
export function rulePreset({ rules, preset }: EvolveConfig): RulePreset {
  return rules ?? (preset === "starter" ? "starter" : "default");
}

/**
 * Rules of the export, by the configuration.
 *
 * @throws {ConfigError} If a rule is unknown or out of range.
 */
export function exportRules(config: EvolveConfig): ExportRules {
  const rules = rulePreset(config);
  return {
    sft: sftRules(rules, config.sftRules),
    pairs: pairRules(rules, config.pairRules),
  };
}

/** Settings of the export that change the meaning of a run. */
export function exportSpec(config: EvolveConfig): Json {
  const { sft, pairs } = exportRules(config);
  return { sft: { ...sft }, pairs: { ...pairs } };
}

/** Writes the data that a policy or a PPM is trained on. */
export async function exportStage(
  kind: "sft" | "pairs",
  { round, rounds, signal }: ExportRequest,
  parts: StageParts,
): Promise<MadeArtifact> {
  const { config, store, runNo, folders, reporter, decontaminator } = parts;
  const folder = folders.of(round, kind);
  let problems = 0;
  reporter.progress(() => ({ lines: [`${problems} problems`], line: `${problems} problems` }));
  const common = {
    folder,
    source: { runNo, rounds },
    decontaminator: await decontaminator(),
    onProgress: (done: number) => problems = done,
    signal,
  };
  const { sft, pairs } = exportRules(config);
  const suspects = await quarantinedProblems(store, config, { runNo, untilRound: round });
  const without = ({ quarantine }: SftRules | PairRules) => ({
    quarantine: [...new Set([...quarantine, ...suspects])].sort(),
  });
  const manifest = kind === "sft"
    ? await exportSft(store, { ...common, rules: { ...sft, ...without(sft) } })
    : await exportPairs(store, { ...common, rules: { ...pairs, ...without(pairs) } });
  sayDropped(manifest, (text) => reporter.say(text));
  const { name, sha256 } = ownFile(manifest, folder);
  const measured = kind === "sft" ? await falseSteps(join(folder, name), parts, signal) : {};
  return {
    location: folders.stored(folder),
    sha256,
    rows: manifest.rows,
    meta: { ...z.record(z.string(), z.json()).parse(asJson(manifest)), ...measured },
  };
}

/** How much luck the traces hold, where the generator knows it: told, and used for nothing (docs/architecture.md, "starter"). */
async function falseSteps(
  path: string,
  { store, runNo, execution }: StageParts,
  signal: AbortSignal,
): Promise<{ readonly falseStepShare: number | null }> {
  const problems = await problemsWithTruth(store, runNo);
  const sandbox = () => execution.sandbox();
  return { falseStepShare: await falseStepShare(path, { problems, sandbox, signal }) };
}

function ownFile(manifest: ExportManifest, folder: string) {
  const file = manifest.files.find(({ name }) => name === OWN_FILES[manifest.kind]);
  if (file !== undefined) return file;
  throw new UsageError(`Cannot train on export "${folder}": it lacks ${OWN_FILES[manifest.kind]}`);
}

function sayDropped(manifest: ExportManifest, say: (text: string) => void): void {
  const what = manifest.kind === "sft" ? "traces" : "groups of pairs";
  const dropped = Object.entries(manifest.dropped).map(([reason, count]) => `${count} ${reason}`);
  say(
    `${manifest.rows} ${what} of ${manifest.problems} problems` +
      (dropped.length === 0 ? "" : `; left out: ${dropped.join(", ")}`),
  );
}
