import type { OpenRunRequest } from "../store/mod.ts";

/** How `--resume` and `--new-run` have a run opened. */
export function openMode(
  { resume, newRun }: { readonly resume: boolean; readonly newRun: boolean },
): OpenRunRequest["mode"] {
  if (resume) return "resume";
  return newRun ? "new" : "continue";
}
