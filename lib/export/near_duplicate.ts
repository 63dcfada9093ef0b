import { distance } from "fastest-levenshtein";
import { normalizeCode } from "../domain/mod.ts";
import type { ExportedNode, Trajectory } from "./exported_tree.ts";

/** Code of a node without what does not change its meaning; of one that has none, its text. */
export function nodeCode({ code, text }: Pick<ExportedNode, "code" | "text">): string {
  return code === null ? text.trim() : normalizeCode(code);
}

/** All code of a trajectory, without what does not change its meaning. */
export function trajectoryCode({ steps }: Trajectory): string {
  return steps.flatMap(({ code }) => (code === null ? [] : [normalizeCode(code)])).join("\n");
}

/** Whether two normalised programs are equal, or differ in at most a share of the longer one's characters. */
export function isNearDuplicate(a: string, b: string, share: number): boolean {
  if (a === b) return true;
  const most = Math.floor(share * Math.max(a.length, b.length));
  // The lengths alone bound the distance from below, and most traces end here.
  return most > 0 && Math.abs(a.length - b.length) <= most && distance(a, b) <= most;
}
