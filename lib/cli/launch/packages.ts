/** Fetches the npm packages that commands import, before the first one starts. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InfrastructureError, parseJson, UsageError } from "../../core/bare/mod.ts";
import { runProcess } from "../../process/bare/mod.ts";

/** Room that the packages take, measured; most of it is DuckDB. */
const SIZE = "about 220 MB on disk";

/** EPERM, EACCES, ENOTDIR, ENOSPC, EROFS and EDQUOT, as Deno writes them. */
const UNWRITABLE = /\(os error (1|13|20|28|30|122)\)/;

/** Options of {@linkcode ensurePackages}. */
export interface PackagesOptions {
  readonly projectRoot: string;
  /** The whole environment of the Deno that fetches. */
  readonly env: Readonly<Record<string, string>>;
  readonly onProgress: (message: string) => void;
}

/** Flags of every Deno of ours: the committed lock file decides versions and checksums. */
export function lockFlags(projectRoot: string): readonly string[] {
  return [`--lock=${join(projectRoot, "deno.lock")}`, "--frozen"];
}

/**
 * Fetches whatever commands may import, in one go, where any of it is missing. Left to itself Deno would fetch a package when the first
 * command needs it: perhaps at the end of a week, on a node without a network.
 *
 * @throws {InfrastructureError} If they cannot be fetched.
 */
export async function ensurePackages(options: PackagesOptions): Promise<void> {
  const { projectRoot, env, onProgress } = options;
  const wanted = await packageFolders(projectRoot);
  if (wanted.every(isFolder)) return;
  onProgress(
    `First start: fetching ${wanted.length} npm packages and what they need (${SIZE}), once ...`,
  );
  const { code, stderr } = await runProcess(Deno.execPath(), [
    ...["cache", "--quiet", ...lockFlags(projectRoot)],
    join(projectRoot, "main.ts"),
  ], { env: { ...env, NO_COLOR: "1" }, cwd: projectRoot });
  if (code === 0) return;
  throw new InfrastructureError(
    "process",
    `Cannot fetch the npm packages that rstar is built on: ${firstError(stderr)}; ${
      fetchCure(stderr)
    }`,
  );
}

/**
 * Advice on what to do about a fetch that failed.
 *
 * @param stderr What Deno said.
 */
export function fetchCure(stderr: string): string {
  if (UNWRITABLE.test(stderr) && !stderr.includes("sending request")) {
    // In the home folder unless it is told otherwise.
    return `Deno must be able to write its folder (${SIZE}): set DENO_DIR to one where that is so`;
  }
  if (/invalid peer certificate/i.test(stderr)) {
    return "Deno does not know who signed the certificate that it was shown, perhaps by a proxy that looks into the traffic: " +
      "set DENO_TLS_CA_STORE=system where this machine knows it, or name the authority's file in DENO_CERT";
  }
  return "this needs the npm registry once: set https_proxy behind a proxy, a mirror in .npmrc, " +
    "or copy Deno's cache (DENO_DIR) from a machine that has them";
}

/** Where Deno keeps the packages that the import map gives to everybody; those of tests alone stand in its scopes. */
async function packageFolders(projectRoot: string): Promise<readonly string[]> {
  const map = parseJson(await Deno.readTextFile(join(projectRoot, "import_map.json")));
  const imports = typeof map === "object" && map !== null && "imports" in map ? map.imports : {};
  const store = npmStore();
  return Object.values(imports ?? {}).flatMap((target: unknown) => {
    const [, name, version] = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@([^/]+)/.exec(String(target)) ?? [];
    return name === undefined || version === undefined ? [] : [join(store, name, version)];
  });
}

/**
 * Folder of npm packages. Deno is asked, as only it knows under which name it is going to load them: the folder follows from several
 * variables and the registry from others, and it resolves the links on the way there.
 */
export function npmStore(): string {
  const found = import.meta.resolve("zod");
  if (!found.startsWith("file:")) {
    throw new UsageError(
      `Cannot find out where Deno keeps npm packages: it says "${found}"; start it by deno task, or set DENO_DIR to a folder that can be written`,
    );
  }
  const entry = fileURLToPath(found);
  return dirname(entry.slice(0, entry.lastIndexOf("/zod/") + "/zod".length));
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** Error that Deno reported, with its cause; Deno's own trace, which follows, is left out. */
function firstError(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const error = lines.findIndex((line) => line.startsWith("error:"));
  const [what = "Deno says nothing", why = ""] = lines.slice(Math.max(0, error));
  const cause = /^0: (.+)$/.exec(why)?.[1];
  return what.replace(/^error:\s*/, "") + (cause === undefined ? "" : ` (${cause})`);
}
