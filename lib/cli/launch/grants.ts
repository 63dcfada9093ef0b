/** Derives the permissions of a process: the one place that turns a command and its settings into Deno's permissions. */
import { dirname, join, resolve } from "node:path";
import {
  DEFAULT_DATABASE,
  parseShard,
  PATH_SETTINGS,
  shardDatabase,
} from "../../config/bare/mod.ts";
import { parseJson, UsageError } from "../../core/bare/mod.ts";
import { interpreterPath, PROXY_VARIABLES, proxyEnvironment } from "../../process/bare/mod.ts";
import type { CommandLine } from "./command_line.ts";
import { at, pathsOf, requestVariables, textOf, urlHosts, wordPaths } from "./setting_values.ts";

/** Kind of resource that a command works with. */
type Need = "database" | "sandbox" | "models" | "endpoints" | "trainer" | "browser" | "download";

/** Needs by command. A command that is not named here gets what its words name, and nothing else. */
const NEEDS: Readonly<Record<string, readonly Need[]>> = {
  synth: ["database", "sandbox", "models", "endpoints"],
  evolve: ["database", "sandbox", "models", "endpoints", "trainer"],
  ablate: ["database", "sandbox", "models", "endpoints", "trainer"],
  science: ["database", "sandbox", "models", "endpoints", "trainer"],
  eval: ["database", "sandbox", "models", "endpoints"],
  export: ["database"],
  merge: ["database"],
  train: ["database", "models", "trainer"],
  sql: ["database"],
  runs: ["database"],
  report: ["database"],
  view: ["database", "browser"],
  status: ["database"],
  grade: ["sandbox"],
  doctor: ["database", "sandbox", "models", "endpoints"],
  data: ["download"],
  starter: ["sandbox", "models"],
};

/**
 * Options that are no settings of a schema and name a file or folder to read; what settings name, their schemas say (`PATH_SETTINGS`). Any
 * command may have them: none of them means anything else elsewhere.
 */
const READ_OPTIONS = [
  ...["config", "data", "cases", "attacks", "file", "quarantine", "only", "accelerate", "convert"],
  ...["base", "problems"],
];

/** The same, to write: the folder of the file is granted, because files are written under another name and renamed. */
const WRITE_OPTIONS = ["db", "out", "markdown", "csv", "html"];

/** The same, to write a folder. */
const FOLDER_OPTIONS = ["out", "folder"];

/** Hosts of the originals of problem sets. */
const DOWNLOAD_HOSTS = ["raw.githubusercontent.com:443"];

/** Variables of the environment that a command sees. */
const VARIABLES = new RegExp(
  "^(RSTAR_|DENO_|OTEL_|PIP_|SSL_CERT_|LC_|XDG_|CUDA_|NCCL_|OMP_|TORCH_|TRITON_|SLURM_|HF_)|" +
    "^(PATH|HOME|LANG|TMPDIR|TERM|TERM_PROGRAM|COLORTERM|NO_COLOR|FORCE_COLOR|TMUX|CI|COLUMNS|LINES|TZ|" +
    "DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$",
);

/** Permissions of a process. */
export interface Grants {
  /** Files and folders; `true` is any. */
  readonly read: readonly string[] | true;
  readonly write: readonly string[];
  /** Hosts, with or without a port; `true` is any. */
  readonly net: readonly string[] | true;
  /** Full paths of programs; `true` is any. */
  readonly run: readonly string[] | true;
  readonly ffi: readonly string[];
  /** The environment that it sees, whole. */
  readonly env: Readonly<Record<string, string>>;
}

/** Facts that grants follow from. */
export interface GrantSources {
  readonly line: CommandLine;
  /** Settings as they were written, whatever their source. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Folder of the project. */
  readonly projectRoot: string;
  /** Folder of DuckDB's libraries. */
  readonly duckdbFolder: string;
  /** Programs on the search path, by name: full paths of those that there are. */
  readonly programs: Readonly<Record<string, string>>;
}

/** The permissions that a command needs with these settings. */
export function grantsFor(sources: GrantSources): Grants {
  const { line, settings, projectRoot } = sources;
  const needs = NEEDS[line.command] ?? [];
  const cache = join(projectRoot, ".rstar");
  const db = resolve(textOf(settings["db"]) ?? defaultDatabase(sources));
  const others = operandsOf(line).map((path) => resolve(path));
  const fields = PATH_SETTINGS[SCHEMA_OF[line.command] ?? line.command];
  const named = (keys: readonly string[]) => keys.flatMap((key) => pathsOf(at(settings, key)));
  const written = [
    cache,
    ...(needs.includes("database") && line.command !== "merge"
      ? [dirname(db), dirname(realPath(db))]
      : []),
    ...(line.command === "merge"
      ? others.slice(0, 1).flatMap((to) => [dirname(to), dirname(realPath(to))])
      : []),
    ...named([...WRITE_OPTIONS, ...fields?.write ?? []]).map((path) => dirname(path)),
    ...named(FOLDER_OPTIONS),
    ...(line.command === "init" ? [dirname(resolve(line.words[0] ?? "rstar.jsonc"))] : []),
    ...(line.command === "data" ? [join(projectRoot, "data", "problems")] : []),
    ...(line.command === "starter" ? [join(projectRoot, "data", "starter")] : []),
    ...(settings["convert"] === undefined ? [] : [join(projectRoot, "fixtures", "problems")]),
  ];
  const programs = programsOf(sources, needs);
  const isOwn = needs.includes("trainer") && hasOwnCommand(settings);
  // `doctor` looks at what the machine is like, wherever that stands, and at folders that are not there yet. A command of the user's
  // own may do anything: that it may not be looked for, or be asked where its servers listen, would protect nothing.
  const readsAll = line.command === "doctor" || isOwn;
  const reachesAll = isOwn && needs.includes("endpoints") && isCommand(settings["hooks"]);
  return {
    read: readsAll ? true : unique([
      projectRoot,
      ...written,
      ...named([...READ_OPTIONS, ...fields?.read ?? []]),
      // Their folders: the log of a database lies beside it, and hundreds of files would be too long a list.
      ...others.flatMap((path) => [dirname(path), dirname(realPath(path))]),
      ...(line.command === "sql" || others.length > 0 ? [] : line.words.flatMap(wordPaths)),
      ...programs,
    ]),
    write: unique(written),
    net: reachesAll ? true : unique([
      ...(needs.includes("endpoints") ? urlHosts(settings) : []),
      ...(needs.includes("models") || needs.includes("browser") ? ["127.0.0.1"] : []),
      ...(needs.includes("download") ? DOWNLOAD_HOSTS : []),
      // The control endpoint's socket, and the host name that its client puts into its requests.
      ...(needs.includes("database") ? [`unix:${db}.sock`, "control:80"] : []),
    ]),
    run: isOwn || needsLoader(sources, needs) ? true : programs,
    ffi: needs.includes("database") ? [sources.duckdbFolder] : [],
    env: environmentOf(sources),
  };
}

/** Database of a command that names none; a shard has one of its own. */
function defaultDatabase({ line, settings }: GrantSources): string {
  const shard = ["synth", "eval"].includes(line.command)
    ? parseShard(textOf(settings["shard"]) ?? "")
    : null;
  return shard === null ? DEFAULT_DATABASE : shardDatabase(DEFAULT_DATABASE, shard);
}

/** Switches of the commands that take databases as words: a word behind one is no value of it. */
const SWITCHES = ["json", "quiet", "dry-run", "no-register"];

/** Databases that a command is given as words, whatever they are called. */
function operandsOf({ command, flags, words }: CommandLine): readonly string[] {
  if (command !== "merge" && command !== "export") return [];
  const values = Object.entries(flags).filter(([name]) => !SWITCHES.includes(name));
  const left = values.map(([, value]) => value);
  return words.filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Where a file really lies: DuckDB keeps the log of a database beside that. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw error;
  }
}

/** Programs that are looked for on the search path. */
export const SEARCHED_PROGRAMS = ["bwrap", "python3", "xdg-open", "open"] as const;

/** Deno hands LD_* on only with an unlimited right to run: a trainer on a GPU may need it. */
function needsLoader({ environment }: GrantSources, needs: readonly Need[]): boolean {
  return needs.includes("trainer") &&
    Object.keys(environment).some((name) => /^(LD|DYLD)_/.test(name));
}

function programsOf(
  { programs, projectRoot }: GrantSources,
  needs: readonly Need[],
): readonly string[] {
  const known = (name: string) => programs[name] === undefined ? [] : [programs[name]];
  return unique([
    ...(needs.includes("sandbox")
      ? [interpreterPath(projectRoot, "confined"), ...known("bwrap"), ...known("python3")]
      : []),
    ...(needs.includes("models")
      ? [interpreterPath(projectRoot, "models"), ...known("python3")]
      : []),
    ...(needs.includes("browser") ? [...known("xdg-open"), ...known("open")] : []),
  ]);
}

/** Whether a setting names a command of the user's own. */
function hasOwnCommand(settings: Readonly<Record<string, unknown>>): boolean {
  return [settings["hooks"], settings["trainer"], settings["command"]].some(isCommand);
}

/** `{"serve": ["prog", …]}` or `["prog", …]`, as a value or as JSON, or `--hooks.serve prog`. */
function isCommand(value: unknown): boolean {
  const text = JSON.stringify((typeof value === "string" ? parseJson(value) : value) ?? null);
  return /(?:\[|"serve":|"command":)"(?:[^"\\]|\\.)+"/.test(text);
}

/** A command of the user's own needs what the user's shell has; everything else sees a chosen part. */
function environmentOf({ line, settings, environment }: GrantSources) {
  const needs = NEEDS[line.command] ?? [];
  if (needs.includes("trainer") && hasOwnCommand(settings)) return proxyEnvironment(environment);
  const isTrainer = needs.includes("trainer");
  const named = needs.includes("endpoints") ? requestVariables(settings) : [];
  return proxyEnvironment(Object.fromEntries(
    Object.entries(environment).filter(([name]) =>
      VARIABLES.test(name) || PROXY_VARIABLES.includes(name) || named.includes(name) ||
      (isTrainer && name === "LD_LIBRARY_PATH")
    ),
  ));
}

/** Commands that take the settings of another one. */
const SCHEMA_OF: Readonly<Record<string, string>> = { doctor: "synth" };

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}

/**
 * Deno's flags for permissions.
 *
 * @throws {UsageError} If a path has a comma, which ends a value of these flags: Deno 2.9.6 knows no way to write one.
 */
export function permissionFlags(grants: Grants): readonly string[] {
  const flag = (name: string, values: readonly string[] | true) => {
    if (values === true) return [`--allow-${name}`];
    const broken = values.find((value) => value.includes(","));
    if (broken !== undefined) {
      throw new UsageError(
        `Cannot let the command use "${broken}": permissions cannot name a path with a comma; rename it`,
      );
    }
    return values.length === 0 ? [] : [`--allow-${name}=${values.join(",")}`];
  };
  return [
    ...flag("read", grants.read),
    ...flag("write", grants.write),
    ...flag("net", grants.net),
    ...flag("run", grants.run),
    ...flag("ffi", grants.ffi),
    // It sees the chosen variables only, so that it may read all that it sees.
    "--allow-env",
    "--allow-sys",
  ];
}
