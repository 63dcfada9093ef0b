import assert from "node:assert/strict";
import { ROOT } from "../cli/launch/_task.ts";

/** Everything that belongs to the project, with changes that are not committed yet and without what it built. */
const COPY = `umask "$2" && mkdir "$1" && cd "$0" &&
git ls-files -z --cached --others --exclude-standard | tar --ignore-failed-read -c --null -T - |
tar -x --no-same-permissions --no-same-owner -C "$1"`;

/** Copies the project's sources into a new folder, as a clone under this umask would have them. */
export async function cloneProject(folder: string, umask = "022"): Promise<void> {
  const { success, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", COPY, ROOT, folder, umask],
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
