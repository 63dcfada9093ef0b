import { Command, Option } from "commander";
import { join } from "node:path";
import { z } from "zod";
import { UsageError } from "../../core/mod.ts";
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportManifest,
  exportPairs,
  exportSft,
  pairRules,
  RULE_PRESETS,
  type RuleOverrides,
  type RulePreset,
  sftRules,
} from "../../export/mod.ts";
import { type DuckdbStore, openStore, type SqlReader } from "../../store/mod.ts";
import { databaseOption } from "../database_option.ts";
import { openDecontaminator } from "../decontaminator.ts";
import { exportLines } from "../export/describe_export.ts";
import { findSource } from "../export/find_source.ts";
import { openMerged } from "../export/merged_parts.ts";
import { registerExport } from "../export/register_export.ts";
import { listenForInterrupts } from "../terminal/interrupt.ts";
import { parseJsonFlag } from "../json_flag.ts";
import { LiveDisplay } from "../terminal/live_display.ts";
import { notice, print } from "../terminal/output.ts";
import { readUserText } from "../read_user_text.ts";
import { openReader } from "../reader.ts";

/** Kinds of data that can be exported, by the folder they are written in, with the role of the model that is trained on them. */
const ROLES = { sft: "policy", pairs: "ppm" } as const;

type Part = keyof typeof ROLES;

interface ExportFlags {
  readonly db: string;
  readonly run?: string;
  readonly round: string;
  readonly kind: Part | "both";
  readonly out?: string;
  readonly rules: RulePreset;
  readonly sftRules: string;
  readonly pairRules: string;
  readonly quarantine?: string;
  readonly only?: string;
  readonly formats: string;
  /** False with `--no-register`. */
  readonly register: boolean;
  readonly dryRun?: true;
  readonly json?: true;
  readonly quiet?: true;
}

/** `export`: stored trees to training data. */
export function exportCommand(): Command {
  const rules = (data: string) => `rules for ${data} over the preset's, as JSON`;
  return new Command("export")
    .description("Write training data from stored trees: traces for a policy, pairs for a PPM")
    .argument(
      "[files...]",
      "databases to read together, e.g. the shards of a run, in place of --db; no row is kept of the data",
    )
    .option("--out <folder>", "folder for the data; sft/ and pairs/ are made in it")
    .addOption(databaseOption())
    .option("--run <name>", "run whose trees are taken (default: the newest)")
    .option("--round <n>", "one round, a list (1,2), or all", "all")
    .addOption(
      new Option("--kind <kind>", "what to write; both is sft and pairs")
        .choices([...Object.keys(ROLES), "both"]).default("both"),
    )
    .addOption(
      new Option("--preset <name>").hideHelp().argParser(() => {
        throw new UsageError("Cannot use flag --preset: it is called --rules now");
      }),
    )
    .addOption(
      new Option("--rules <name>", "preset of the rules by which data is chosen").choices([
        ...RULE_PRESETS,
      ])
        .default("default"),
    )
    .option("--sft-rules <json>", rules("traces"), "{}")
    .option("--pair-rules <json>", rules("pairs"), "{}")
    .option("--quarantine <file>", "problem ids that give no data, one a line")
    .option("--only <file>", "problem ids that data is made of, one a line")
    .option("--formats <list>", `comma separated, of ${EXPORT_FORMATS.join(", ")}`, "own")
    .option("--no-register", "keep no row of the data in the database, which may be in use then")
    .option("--dry-run", "count what would be written, write nothing")
    .option("--json", "print the manifests as one line of JSON")
    .option("--quiet", "no progress")
    .action(runExport);
}

async function runExport(files: readonly string[], flags: ExportFlags): Promise<void> {
  if (flags.out === undefined && !flags.dryRun) {
    throw new UsageError("Cannot export: expected --out FOLDER, or --dry-run");
  }
  const jobs = await exportJobs(flags);
  const only = flags.only === undefined ? undefined : new Set(await readIds(flags.only));
  using interrupts = listenForInterrupts(() => notice("Interrupted: nothing is written"));
  await using database = files.length === 0 ? await openDatabase(flags) : {
    store: null,
    ...await openMerged(files, { out: flags.out, signal: interrupts.stopAdmitting }),
  };
  const source = await findSource(database.reader, flags);
  const decontaminator = await openDecontaminator();
  const results: { folder: string | null; artifact: number | null; manifest: ExportManifest }[] =
    [];
  for (const { part, run } of jobs) {
    const folder = flags.dryRun || flags.out === undefined ? null : join(flags.out, part);
    let problems = 0;
    const picture = () => {
      const line = `${part}: ${problems} problems`;
      return { lines: [line], line };
    };
    using _display = new LiveDisplay(picture, { quiet: flags.quiet === true });
    const manifest = await run(database.reader, {
      folder,
      source,
      decontaminator,
      signal: interrupts.stopAdmitting,
      ...(only === undefined ? {} : { only }),
      onProgress: (done) => problems = done,
    });
    const artifact = folder === null || database.store === null || manifest.rows === 0
      ? null
      : await registerExport(database.store, flags.db, { folder, role: ROLES[part], manifest });
    results.push({ folder, artifact, manifest });
  }
  if (flags.json) print(JSON.stringify(results));
  else for (const { folder, manifest } of results) exportLines(manifest, folder).forEach(print);
  refuseEmpty(results.map(({ manifest }) => manifest));
}

type Run = (
  reader: SqlReader,
  options: Omit<Parameters<typeof exportSft>[1], "rules" | "formats">,
) => Promise<ExportManifest>;

/** Jobs of an export: the parts to be written, with their rules checked. */
async function exportJobs(
  flags: ExportFlags,
): Promise<readonly { readonly part: Part; readonly run: Run }[]> {
  const preset = flags.rules;
  const formats = parseFormats(flags.formats);
  const ids = flags.quarantine === undefined ? [] : await readIds(flags.quarantine);
  const quarantine = ids.length === 0 ? {} : { quarantine: ids };
  const overrides = (flag: string, text: string): RuleOverrides => (
    { ...quarantine, ...parseRules(flag, text) }
  );
  const runOf = (part: Part): Run => {
    switch (part) {
      case "sft": {
        const rules = sftRules(preset, overrides("--sft-rules", flags.sftRules));
        return (reader, options) => exportSft(reader, { ...options, rules, formats });
      }
      case "pairs": {
        const rules = pairRules(preset, overrides("--pair-rules", flags.pairRules));
        return (reader, options) => exportPairs(reader, { ...options, rules, formats });
      }
    }
  };
  const parts = flags.kind === "both" ? ["sft", "pairs"] as const : [flags.kind];
  return parts.map((part) => ({ part, run: runOf(part) }));
}

/** The database that is read; opened for writing where a row of the data is to be kept. */
interface OpenedDatabase extends AsyncDisposable {
  readonly reader: SqlReader;
  readonly store: DuckdbStore | null;
}

async function openDatabase(flags: ExportFlags): Promise<OpenedDatabase> {
  // Says in its own words when there is no such file, which a writer would make.
  const reader = await openReader(flags.db);
  if (!flags.register || flags.dryRun) {
    return {
      reader,
      store: null,
      [Symbol.asyncDispose]: () => Promise.resolve(reader[Symbol.dispose]()),
    };
  }
  reader[Symbol.dispose]();
  const store = await openStore(flags.db);
  return { reader: store, store, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
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

function parseRules(flag: string, text: string): RuleOverrides {
  const schema = z.record(z.string(), z.unknown());
  return parseJsonFlag(flag, text, { schema, expected: "a JSON object of rules" });
}

async function readIds(path: string): Promise<readonly string[]> {
  const text = await readUserText(path, "read problem ids from");
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

/** @throws {UsageError} If nothing was written: a trainer would only say so later. */
function refuseEmpty(manifests: readonly ExportManifest[]): void {
  if (manifests.some(({ rows }) => rows > 0)) return;
  const reasons = manifests.flatMap(({ dropped }) =>
    Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`)
  );
  throw new UsageError(
    `Cannot train on this export: nothing is left (${reasons.join(", ")}); ` +
      "search more problems, with more rollouts, or relax the rules",
  );
}
