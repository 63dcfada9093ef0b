/**
 * CPU time that commands take to start, as a ratio to an empty Deno that loads the same libraries; as Markdown on standard output.
 *
 *     deno run -A benchmarks/cli/start_bench.ts [REPEATS]
 *
 * User and system time of all processes, the smallest of several: what other work on the machine adds is left out as far as it can be. All
 * are measured in turn, so that the ratio holds on a busy machine, too.
 */
import { fileURLToPath } from "node:url";
import { openStore } from "../../lib/store/mod.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const REPEATS = Number(Deno.args[0] ?? 10);
const LOCK = ["--lock=deno.lock", "--frozen"];
const HELP_LIBRARIES = ["commander"];
const SQL_LIBRARIES = [
  ...["@duckdb/node-api", "cli-table3", "commander", "csv-stringify/sync", "fastest-levenshtein"],
  "zod",
];

interface Measured {
  readonly name: string;
  readonly args: readonly string[];
  /** Name of what it is compared with. */
  readonly base: string | null;
}

/** User and system time of a Deno and its children, seconds. */
async function cpuSeconds(args: readonly string[]): Promise<number> {
  const script = 'TIMEFORMAT="%U %S"; time "$@" > /dev/null 2>&1 || echo failed >&2';
  const { stderr } = await new Deno.Command("bash", {
    args: ["-c", script, "bash", Deno.execPath(), ...args],
    cwd: ROOT,
  }).output();
  const text = new TextDecoder().decode(stderr).trim();
  const [user, system] = text.split(/\s+/).map(Number);
  if (user === undefined || system === undefined || !Number.isFinite(user + system)) {
    throw new Error(`Cannot measure "deno ${args.join(" ")}": ${text}`);
  }
  return user + system;
}

const folder = await Deno.makeTempDir({ prefix: "rstar_start_bench_" });
try {
  const db = `${folder}/a.duckdb`;
  {
    await using _made = await openStore(db);
  }
  const empty = async (name: string, libraries: readonly string[]) => {
    const path = `${folder}/${name}.ts`;
    const text = libraries.map((library) => `import ${JSON.stringify(library)};\n`).join("");
    await Deno.writeTextFile(path, text);
    return ["run", "--quiet", "-A", "--config=deno.json", ...LOCK, path];
  };
  const main = ["run", "--quiet", "-A", ...LOCK, "main.ts"];
  const query = ["sql", "--db", db, "select 1"];
  const measured: readonly Measured[] = [
    { name: "empty Deno", args: await empty("none", []), base: null },
    { name: "libraries of help", args: await empty("help", HELP_LIBRARIES), base: null },
    { name: "main.ts --help", args: [...main, "--help"], base: "libraries of help" },
    { name: "libraries of sql", args: await empty("sql", SQL_LIBRARIES), base: null },
    { name: "main.ts sql 'select 1'", args: [...main, ...query], base: "libraries of sql" },
    {
      name: "deno task sql 'select 1', launcher included",
      args: ["task", "--quiet", ...query],
      base: "libraries of sql",
    },
  ];
  const best = new Map<string, number>();
  for (let i = 0; i < REPEATS; i++) {
    for (const { name, args } of measured) {
      best.set(name, Math.min(best.get(name) ?? Infinity, await cpuSeconds(args)));
    }
  }
  console.log("| start | CPU, s | against an empty Deno with the same libraries |\n|---|---|---|");
  for (const { name, base } of measured) {
    const seconds = best.get(name) ?? NaN;
    const ratio = base === null ? "" : (seconds / (best.get(base) ?? NaN)).toFixed(2);
    console.log(`| ${name} | ${seconds.toFixed(3)} | ${ratio} |`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
