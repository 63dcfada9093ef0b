import { Command, Option } from "commander";
import { join } from "node:path";
import { UsageError } from "../../core/mod.ts";
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportManifest,
  exportPairs,
  exportSft,
  pairRules,
  RULE_PRESETS,
  type RulePreset,
  sftRules,
} from "../../export/mod.ts";
import type { SqlReader } from "../../store/mod.ts";
import { openDecontaminator } from "../decontaminator.ts";
import { notice, print } from "../output.ts";
import { openReader } from "../reader.ts";

interface ExportFlags {
  readonly db: string;
  readonly run?: string;
  readonly round: string;
  readonly kind: "sft" | "pairs" | "both";
  readonly out: string;
  readonly preset: RulePreset;
  readonly rules: string;
  readonly formats: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** `export`: stored trees to training data. */
export function exportCommand(): Command {
  return new Command("export")
    .description("Write training data from stored trees: traces for a policy, pairs for a PPM")
    .requiredOption("--out <folder>", "folder for the data; sft/ and pairs/ are made in it")
    .option("--db <file>", "database file", "data/rstar.duckdb")
    .option("--run <name>", "run whose trees are taken (default: the newest)")
    .option("--round <n>", "one round, a list (1,2), or all", "all")
    .addOption(
      new Option("--kind <kind>", "what to write").choices(["sft", "pairs", "both"]).default(
        "both",
      ),
    )
    .addOption(
      new Option("--preset <name>", "rules by which data is chosen").choices([...RULE_PRESETS])
        .default("default"),
    )
    .option("--rules <json>", "further rules over the preset's, e.g. '{\"perProblem\": 4}'", "{}")
    .option("--formats <list>", `comma separated, of ${EXPORT_FORMATS.join(", ")}`, "own")
    .option("--json", "print the manifests as one line of JSON")
    .option("--quiet", "no notices")
    .action(runExport);
}

async function runExport(flags: ExportFlags): Promise<void> {
  const formats = parseFormats(flags.formats);
  const overrides = parseRules(flags.rules);
  const rules = {
    sft: flags.kind === "pairs" ? null : sftRules(flags.preset, overrides),
    pairs: flags.kind === "sft" ? null : pairRules(flags.preset, overrides),
  };
  await using reader = await openReader(flags.db);
  const source = await findSource(reader, flags);
  const options = { source, formats, decontaminator: await openDecontaminator() };
  const manifests: ExportManifest[] = [];
  if (rules.sft !== null) {
    const folder = join(flags.out, "sft");
    manifests.push(await exportSft(reader, { ...options, folder, rules: rules.sft }));
  }
  if (rules.pairs !== null) {
    const folder = join(flags.out, "pairs");
    manifests.push(await exportPairs(reader, { ...options, folder, rules: rules.pairs }));
  }
  if (flags.json) print(JSON.stringify(manifests));
  else for (const manifest of manifests) describe(manifest, flags).forEach(print);
  const isEmpty = manifests.every(({ rows }) => rows === 0);
  if (isEmpty && !flags.quiet) notice("Nothing to train on: no problem of these rounds was solved");
}

function parseFormats(text: string): readonly ExportFormat[] {
  return text.split(",").map((name) => {
    const format = EXPORT_FORMATS.find((known) => known === name.trim());
    if (format !== undefined) return format;
    throw new UsageError(
      `Cannot write format "${name}": expected one of ${EXPORT_FORMATS.join(", ")}`,
    );
  });
}

function parseRules(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value));
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(`Cannot read --rules ${text}: expected a JSON object of rules`);
}

async function findSource(reader: SqlReader, flags: ExportFlags) {
  const runs = await rowsOf(reader, "SELECT run_no, name FROM run ORDER BY run_no");
  const found = flags.run === undefined ? runs.at(-1) : runs.find(([, name]) => name === flags.run);
  if (found === undefined) {
    const names = runs.map(([, name]) => name).join(", ") || "none";
    throw new UsageError(`Cannot export run "${flags.run ?? ""}": stored are: ${names}`);
  }
  const runNo = Number(found[0]);
  const known = (await rowsOf(
    reader,
    `SELECT DISTINCT round_no FROM tree WHERE run_no = ${runNo} ORDER BY 1`,
  )).map(([round]) => Number(round));
  const rounds = flags.round === "all" ? known : flags.round.split(",").map(Number);
  const missing = rounds.filter((round) => !known.includes(round));
  if (rounds.length === 0 || missing.length > 0) {
    throw new UsageError(
      `Cannot export round ${missing.join(", ")} of run "${found[1]}": it has trees of ` +
        (known.length === 0 ? "no round" : `rounds ${known.join(", ")}`),
    );
  }
  return { runNo, rounds };
}

async function rowsOf(reader: SqlReader, sql: string) {
  const { batches } = await reader.query(sql);
  return (await Array.fromAsync(batches)).flat();
}

function describe(manifest: ExportManifest, { out }: ExportFlags): readonly string[] {
  const { kind, rows, pairs, problems, dropped, counts, files } = manifest;
  const what = kind === "sft" ? `${rows} traces` : `${rows} groups with ${pairs} pairs`;
  const list = (entries: Readonly<Record<string, number>>) =>
    Object.entries(entries).map(([name, count]) =>
      `${name.replaceAll("_", " ")} ${Math.round(count * 10) / 10}`
    ).join(", ");
  return [
    `${what} of ${problems} problems -> ${
      files.map(({ name }) => join(out, kind, name)).join(", ")
    }`,
    ...(Object.keys(counts).length === 0 ? [] : [`  ${list(counts)}`]),
    ...(Object.keys(dropped).length === 0 ? [] : [`  left out: ${list(dropped)}`]),
  ];
}
