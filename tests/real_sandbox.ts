import { fileURLToPath } from "node:url";
import { openPythonSandbox, type PythonSandboxOptions, type Sandbox } from "../lib/sandbox/mod.ts";
import { findExecutable, runProcess } from "../lib/process/mod.ts";

/** Python of the project's confined environment. */
export const INTERPRETER = fileURLToPath(
  new URL("../.rstar/python/confined/bin/python", import.meta.url),
);

/** Full path of bubblewrap; `null` where it is not installed. */
export const BWRAP = await findExecutable("bwrap", Deno.env.get("PATH") ?? "");

const hasInterpreter = await findExecutable(INTERPRETER, "") !== null;

/** Why real workers cannot be tested here; `null` when they can. */
export const CANNOT_RUN = Deno.build.os !== "linux"
  ? "needs Linux"
  : hasInterpreter
  ? null
  : "needs the confined Python environment";

/** Why bubblewrap makes no namespaces here; `null` when it does. */
export const NO_NAMESPACES = BWRAP === null
  ? "needs bubblewrap"
  : await startsUnder([BWRAP, "--ro-bind", "/", "/", "--unshare-pid"])
  ? null
  : "needs namespaces";

/** Whether a program starts another one, as far as that goes for `true`. */
export async function startsUnder([program = "", ...words]: readonly string[]): Promise<boolean> {
  if (await findExecutable(program, "") === null) return false;
  return (await runProcess(program, [...words, "/bin/true"])).code === 0;
}

/** Tiers that can be tried on this machine. */
export const TIERS = BWRAP === null ? (["B"] as const) : (["A", "B"] as const);

/** Opens the project's own sandbox. */
export function openReal(options: Partial<PythonSandboxOptions> = {}): Promise<Sandbox> {
  return openPythonSandbox({ interpreter: INTERPRETER, bwrap: BWRAP, workers: 1, ...options });
}

/** Registers a test that needs real workers; where there can be none it is ignored, with the reason in its name. */
export function testReal(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: CANNOT_RUN === null ? name : `${name} (${CANNOT_RUN})`,
    ignore: CANNOT_RUN !== null,
    fn,
  });
}
