import { UsageError } from "../../core/mod.ts";
import { environmentFolder, PROJECT_ROOT, runProcess } from "../../process/mod.ts";
import { pythonInterpreter } from "../host.ts";
import { notice } from "../terminal/output.ts";
import { finding, type Say } from "./finding.ts";

/** Modules that must be importable, by environment. */
const MODULES = {
  confined: ["math_verify", "numpy", "sympy"],
  models: ["torch", "transformers", "fastapi"],
} as const;

/** How long a start of torch may take on a slow disk. */
const IMPORT_PATIENCE_MS = 300_000;

/** Room for the packages of `models`. */
const MODELS_SIZE = "about 1.5 GB";

/**
 * Whether the environment in which steps run is there, or can be built, and works.
 *
 * @returns Its interpreter; `null` where it does not work.
 */
export async function examineConfined(say: Say): Promise<string | null> {
  let interpreter: string | null = null;
  const found = await finding("Python of steps", async () => {
    const path = await pythonInterpreter("confined", { onProgress: notice });
    const version = await importAll(path, "confined");
    interpreter = path;
    return version;
  }, IMPORT_PATIENCE_MS);
  say(found);
  return interpreter;
}

/** Whether the environment of the engine and the trainer works, where it was built already. */
export async function examineModels(say: Say): Promise<void> {
  say(
    await finding("Python of models", async () => {
      const folder = environmentFolder(PROJECT_ROOT, "models");
      const isBuilt = await Deno.stat(`${folder}/rstar_stamp.json`).then(() => true, () => false);
      return isBuilt ? await importAll(`${folder}/bin/python`, "models") : {
        warning:
          `not built yet: the first search or training with models of our own does it (minutes, ${MODELS_SIZE})`,
      };
    }, IMPORT_PATIENCE_MS),
  );
}

async function importAll(interpreter: string, name: keyof typeof MODULES): Promise<string> {
  const script = `import platform, ${MODULES[name].join(", ")}; print(platform.python_version())`;
  const { code, stdout, stderr } = await runProcess(interpreter, ["-I", "-c", script]);
  if (code === 0) return `${stdout.trim()}, with ${MODULES[name].join(", ")}`;
  const folder = environmentFolder(PROJECT_ROOT, name);
  throw new UsageError(
    `Cannot use the Python environment "${folder}": ${stderr.trim().split("\n").at(-1)}; ` +
      `remove it (rm -r "${folder}"), the next command builds it again`,
  );
}
