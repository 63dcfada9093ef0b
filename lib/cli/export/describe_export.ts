import { join } from "node:path";
import { shortBytes } from "../../core/mod.ts";
import type { ExportManifest } from "../../export/mod.ts";

/** An export for people: what it holds, where it lies, what was left out and why. */
export function exportLines(manifest: ExportManifest, folder: string | null): readonly string[] {
  const { rows, pairs, problems, dropped, counts, files, source } = manifest;
  const what = {
    sft: `${rows} traces`,
    pairs: `${rows} groups with ${pairs} pairs`,
  }[manifest.kind];
  const rounds = `round${source.rounds.length === 1 ? "" : "s"} ${source.rounds.join(", ")}`;
  const list = (entries: Readonly<Record<string, number>>) =>
    Object.entries(entries)
      .map(([name, count]) => `${name.replaceAll("_", " ")} ${Math.round(count * 10) / 10}`)
      .join(", ");
  return [
    `${what} of ${problems} problems, from ${source.trees} trees of run "${source.run}", ${rounds}`,
    ...files.map(({ name, bytes }) => `  ${join(folder ?? "", name)}  ${shortBytes(bytes)}`),
    ...(Object.keys(counts).length === 0 ? [] : [`  ${list(counts)}`]),
    ...(Object.keys(dropped).length === 0 ? [] : [`  left out: ${list(dropped)}`]),
  ];
}
