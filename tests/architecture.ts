/**
 * Which room may import which: the table of the house, in one place. `tests/lint_plugin.ts` reports violations while you type,
 * `tests/architecture_test.ts` fails on them.
 */

/** Imports that a room may make from other rooms. */
export interface RoomRule {
  /** Rooms whose `mod.ts` may be imported for values. */
  readonly values: readonly string[];
  /** Rooms whose types may be imported besides. */
  readonly types: readonly string[];
}

/** Every folder of `lib/`, lowest first. */
export const ROOMS: Readonly<Record<string, RoomRule>> = {
  core: { values: [], types: [] },
  process: { values: ["core"], types: [] },
  endpoint: { values: ["core"], types: [] },
  store: { values: ["core"], types: [] },
  datasets: { values: ["core"], types: [] },
  engine: { values: ["core", "process"], types: [] },
  sandbox: { values: ["core", "process"], types: [] },
  grading: { values: ["core"], types: ["sandbox"] },
  starter: { values: ["core", "process"], types: ["endpoint", "sandbox", "datasets"] },
  domain: { values: ["core", "grading"], types: ["sandbox", "endpoint"] },
  search: { values: ["core"], types: ["domain", "endpoint", "sandbox"] },
  config: { values: ["core", "search", "sandbox"], types: [] },
  export: { values: ["core", "domain", "datasets"], types: ["store"] },
  training: { values: ["core", "process"], types: [] },
  evaluation: {
    values: ["core", "grading", "search"],
    types: ["domain", "endpoint", "sandbox", "store", "datasets"],
  },
  rounds: {
    values: ["core", "search", "export", "training", "evaluation"],
    types: ["domain", "endpoint", "engine", "sandbox", "store", "datasets"],
  },
  ablation: {
    values: ["core", "search", "export", "evaluation"],
    types: ["endpoint", "store", "training"],
  },
  models: {
    values: ["core", "process", "endpoint", "engine", "training"],
    types: ["store", "config"],
  },
  report: { values: ["core", "store", "evaluation"], types: [] },
  viewer: { values: ["core", "store"], types: ["report"] },
};

/**
 * Every folder of `lib/cli`, lowest first; `.` are the files of `lib/cli` itself. They import one another's files, not doors. Nothing
 * imports `commands` but the program, which loads a command when it is run, and nothing imports `launch`.
 */
export const CLI_ROOMS: Readonly<Record<string, RoomRule>> = {
  terminal: { values: [], types: [] },
  launch: { values: [], types: [] },
  sql: { values: [], types: [] },
  control: { values: [], types: ["observe"] },
  observe: { values: ["control"], types: ["synth", "terminal"] },
  ".": { values: ["control", "terminal", "eval", "synth"], types: [] },
  doctor: { values: [".", "control", "terminal"], types: [] },
  starter: { values: ["."], types: [] },
  export: { values: ["."], types: [] },
  train: { values: ["."], types: [] },
  synth: { values: [".", "observe", "terminal"], types: ["control"] },
  eval: { values: [".", "observe", "terminal"], types: [] },
  evolve: { values: [".", "eval", "observe", "synth", "terminal", "train"], types: [] },
  ablate: { values: [".", "eval", "observe", "synth", "terminal", "train"], types: [] },
  science: { values: [".", "ablate", "eval", "evolve", "terminal"], types: [] },
  commands: {
    values: [
      ".",
      "ablate",
      "control",
      "doctor",
      "eval",
      "evolve",
      "export",
      "observe",
      "science",
      "sql",
      "starter",
      "synth",
      "terminal",
      "train",
    ],
    types: [],
  },
};

/** Rooms that may import everything: the composition root. */
export const COMPOSITION_ROOTS: readonly string[] = ["cli"];

/** The one room that may use an outside thing: npm packages by name, globals by their written form. */
export const OWNERS: Readonly<Record<string, readonly string[]>> = {
  "openai": ["endpoint"],
  "@duckdb/node-api": ["store"],
  "@observablehq/plot": ["report"],
  "linkedom": ["report"],
  "csv-parse": ["datasets"],
  "csv-parse/sync": ["datasets"],
  "csv-stringify/sync": ["cli"],
  "commander": ["cli"],
  "cli-table3": ["cli"],
  "log-update": ["cli"],
  "jsonc-parser": ["config"],
  "jstat": ["evaluation"],
  "Deno.Command": ["process"],
  "Deno.env": ["cli"],
  "Deno.args": ["cli"],
  "Deno.exit": ["cli"],
  "console": ["cli"],
};

/** Files outside of `lib` that a room may import, by path from the project's root. */
export const PROJECT_FILES: Readonly<Record<string, readonly string[]>> = {
  "deno.json": ["cli"],
};

/** Says what is wrong with an import; `null` when nothing is. */
export function importProblem(
  file: string,
  specifier: string,
  isTypeOnly: boolean,
): string | null {
  const from = roomOf(file);
  if (from === null) return null;
  const owner = OWNERS[specifier];
  if (owner !== undefined && !owner.includes(from)) {
    return `"${specifier}" may only be imported in ${owner.map((o) => `lib/${o}`).join(", ")}`;
  }
  if (!specifier.startsWith(".")) return null;
  const target = new URL(specifier, `file:///${file}`).pathname.slice(1);
  const to = roomOf(target);
  if (PROJECT_FILES[target]?.includes(from)) return null;
  if (to === null) return `lib may not import "${specifier}", which lies outside of lib`;
  if (to === from) return from === "cli" ? cliProblem(file, target, isTypeOnly) : null;
  if (!isTypeOnly && !target.endsWith("/mod.ts")) {
    return `other rooms are imported through their door: use lib/${to}/mod.ts`;
  }
  if (target.split("/").at(-1)?.startsWith("_")) return `"${specifier}" is private to lib/${to}`;
  if (COMPOSITION_ROOTS.includes(from)) return null;
  const rule = ROOMS[from];
  if (rule === undefined) return `lib/${from} has no rule yet: add it to tests/architecture.ts`;
  if (rule.values.includes(to)) return null;
  if (rule.types.includes(to)) {
    return isTypeOnly ? null : `lib/${from} may import only types from lib/${to}`;
  }
  return `lib/${from} may not import lib/${to}`;
}

/** Says what is wrong with an import between folders of `lib/cli`; `null` when nothing is. */
function cliProblem(file: string, target: string, isTypeOnly: boolean): string | null {
  const [from, to] = [folderOfCli(file), folderOfCli(target)];
  if (to === from) return null;
  const rule = CLI_ROOMS[from];
  if (rule === undefined) return `lib/cli/${from} has no rule yet: add it to tests/architecture.ts`;
  if (rule.values.includes(to)) return null;
  if (rule.types.includes(to)) {
    return isTypeOnly ? null : `lib/cli/${from} may import only types from lib/cli/${to}`;
  }
  return `lib/cli/${from} may not import lib/cli/${to}`;
}

function folderOfCli(file: string): string {
  return /^lib\/cli\/([^/]+)\//.exec(file)?.[1] ?? ".";
}

/** Room of a file given by its path from the project's root; `null` outside of `lib/`. */
export function roomOf(file: string): string | null {
  return /^lib\/([^/]+)\//.exec(file)?.[1] ?? null;
}
