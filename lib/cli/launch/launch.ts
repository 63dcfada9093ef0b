/** Starts commands with exactly the permissions that they need. It costs every command its start, so it imports little. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseLeniently, rawSettings } from "../../config/bare/mod.ts";
import { fileFault, InfrastructureError, UsageError } from "../../core/bare/mod.ts";
import { findExecutable, runForeground } from "../../process/bare/mod.ts";
import { readCommandLine } from "./command_line.ts";
import { type Grants, grantsFor, permissionFlags, SEARCHED_PROGRAMS } from "./grants.ts";
import { ensurePackages, lockFlags, npmStore } from "./packages.ts";

/** Folder of the project. */
const PROJECT_ROOT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

/** Exit codes: a command that cannot be done as it was asked for, and one that cannot be started. */
const USAGE = 2;
const FAILED = 1;

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
  const granted = await flagsOrNotice(wanted);
  if (granted === null) return USAGE;
  const { grants, flags } = granted;
  if (wanted.length < args.length) {
    for (const flag of flags) console.log(flag);
    console.log(`environment: ${Object.keys(grants.env).toSorted().join(", ")}`);
    return 0;
  }
  if (!await packagesOrNotice()) return FAILED;
  const command = [
    ...["run", "--quiet", "--no-prompt", ...lockFlags(PROJECT_ROOT), ...flags],
    join(PROJECT_ROOT, "main.ts"),
  ];
  return await runForeground(Deno.execPath(), [...command, ...wanted], {
    env: grants.env,
    sharesTerminal: [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal()),
  });
}

/** Permissions of the process to start; `null` when they cannot be determined, after saying why. */
async function flagsOrNotice(
  args: readonly string[],
): Promise<{ readonly grants: Grants; readonly flags: readonly string[] } | null> {
  try {
    const grants = await resolveGrants(args);
    return { grants, flags: permissionFlags(grants) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`error: ${error.message}`);
    return null;
  }
}

/** Whether the packages that commands import are there now; `false` after saying why not. */
async function packagesOrNotice(): Promise<boolean> {
  try {
    await ensurePackages({
      projectRoot: PROJECT_ROOT,
      // Proxies, certificates and mirrors have many variables, and this is Deno itself.
      env: Deno.env.toObject(),
      onProgress: (message) => console.error(message),
    });
    return true;
  } catch (error) {
    if (!(error instanceof InfrastructureError)) throw error;
    console.error(`error: ${error.message}`);
    return false;
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
    line,
    environment,
    programs,
    settings: rawSettings({
      file: path === undefined ? undefined : await readConfig(path),
      environment,
      flags: line.flags,
    }),
    projectRoot: PROJECT_ROOT,
    duckdbFolder: join(npmStore(), "@duckdb"),
  });
}

/** The command says what is wrong with a file that cannot be read. */
async function readConfig(path: string): Promise<unknown> {
  try {
    return await parseLeniently(await Deno.readTextFile(path));
  } catch (error) {
    if (fileFault(error) !== null) return undefined;
    throw error;
  }
}
