import type { OpenRunRequest } from "../store/mod.ts";

/** How `--resume` and `--new-run`, or `--new-eval`, have a run or an evaluation opened. */
export function openMode(
  { resume, newRun }: { readonly resume: boolean; readonly newRun: boolean },
): OpenRunRequest["mode"] {
  if (resume) return "resume";
  return newRun ? "new" : "continue";
}
