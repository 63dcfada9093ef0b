/** Starts commands with exactly the permissions that they need. It costs every command its start, so it imports little. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rawSettings } from "../../config/mod.ts";
import { fileFault, UsageError } from "../../core/mod.ts";
import { findExecutable, runForeground } from "../../process/mod.ts";
import { readCommandLine } from "./command_line.ts";
import { type Grants, grantsFor, permissionFlags, SEARCHED_PROGRAMS } from "./grants.ts";

/** Folder of the project. */
const PROJECT_ROOT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

/** Exit code of a command that cannot be done as it was asked for. */
const USAGE = 2;

/** Asks what a command may do, instead of running it. */
const PRINT_FLAG = "--print-permissions";

/**
 * Runs a command in a process of its own, with exactly the permissions that it needs.
 *
 * @param args Command line: `["synth", "--limit", "3"]`.
 * @returns The command's exit code.
 */
export async function launch(args: readonly string[]): Promise<number> {
  const wanted = args.filter((arg) => arg !== PRINT_FLAG);
  const grants = await resolveGrants(wanted);
  const flags = flagsOrNotice(grants);
  if (flags === null) return USAGE;
  if (wanted.length < args.length) {
    for (const flag of flags) console.log(flag);
    console.log(`environment: ${Object.keys(grants.env).toSorted().join(", ")}`);
    return 0;
  }
  const command = ["run", "--quiet", "--no-prompt", ...flags, join(PROJECT_ROOT, "main.ts")];
  return await runForeground(Deno.execPath(), [...command, ...wanted], {
    env: grants.env,
    sharesTerminal: [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal()),
  });
}

/** Flags of the process to start; `null` when there can be none, after saying why. */
function flagsOrNotice(grants: Grants): readonly string[] | null {
  try {
    return permissionFlags(grants);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`error: ${error.message}`);
    return null;
  }
}

async function resolveGrants(args: readonly string[]): Promise<Grants> {
  const line = readCommandLine(args);
  const environment = Deno.env.toObject();
  const path = line.flags["config"] ?? environment["RSTAR_CONFIG"];
  const programs: Record<string, string> = {};
  for (const name of SEARCHED_PROGRAMS) {
    const found = await findExecutable(name, environment["PATH"] ?? "");
    if (found !== null) programs[name] = found;
  }
  return grantsFor({
    ...{ line, environment, programs },
    settings: rawSettings({
      file: path === undefined ? null : await readConfig(path),
      environment,
      flags: line.flags,
    }),
    projectRoot: PROJECT_ROOT,
    npmFolder: join(denoFolder(environment), "npm"),
  });
}

/** The command says what is wrong with a file that cannot be read. */
async function readConfig(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (fileFault(error) !== null) return null;
    throw error;
  }
}

/** Deno's own folder, as it finds it. */
function denoFolder(environment: Readonly<Record<string, string>>): string {
  const { DENO_DIR, XDG_CACHE_HOME, HOME = "/" } = environment;
  return DENO_DIR ?? join(XDG_CACHE_HOME ?? join(HOME, ".cache"), "deno");
}
