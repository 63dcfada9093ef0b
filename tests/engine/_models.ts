import { fileURLToPath } from "node:url";
import { runProcess } from "../../lib/process/mod.ts";

/** Interpreter of the `models` environment of this checkout. */
export const INTERPRETER = fileURLToPath(
  new URL("../../.rstar/python/models/bin/python", import.meta.url),
);

/** Why tests that need torch cannot run here; `null` when they can. */
export const missingModels: string | null = exists(INTERPRETER)
  ? null
  : "needs the models environment";

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Name of a test that needs torch, with the reason where it is ignored. */
export function modelTest(name: string, fn: () => Promise<void>): void {
  const reason = missingModels;
  Deno.test({
    name: reason === null ? name : `${name} (ignored: ${reason})`,
    ignore: reason !== null,
    fn,
  });
}

/** A script beside this file, run to its end; gives back what it printed. */
export async function runScript(
  name: string,
  args: readonly string[],
  input = "",
): Promise<string> {
  const script = fileURLToPath(new URL(`./${name}`, import.meta.url));
  const output = await runProcess(INTERPRETER, ["-I", "-B", script, ...args], {
    env: { HF_HUB_OFFLINE: "1" },
    input,
  });
  if (output.code !== 0) throw new Error(`Cannot run ${name}: ${output.stderr}`);
  return output.stdout;
}

/** Folder with the tiny random checkpoints `starter`, `qwen2`, `neox` and `ppm`. */
export async function makeModels(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "rstar-engine-" });
  await runScript("make_models.py", [folder]);
  return folder;
}
