import { Command } from "commander";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { shortBytes, UsageError } from "../../core/mod.ts";
import {
  compactDatabase,
  copyDatabase,
  openStore,
  repairDatabase,
  type RepairOutcome,
} from "../../store/mod.ts";
import { connectControl } from "../control/mod.ts";
import { databaseOption } from "../database_option.ts";
import { textTable } from "../../report/bare/mod.ts";
import { notice, print } from "../terminal/output.ts";
import { terminalTable } from "../terminal/table.ts";
import { openReader } from "../reader.ts";

interface RunsOptions {
  readonly db: string;
  readonly json?: true;
  readonly yes?: true;
  readonly fromRound?: number;
}

const RunRow = z.tuple([z.string(), z.string(), z.number(), z.number(), z.number(), z.string()]);

/** `runs`: what a database holds, and what can be done with it as a whole. */
export function runsCommand(): Command {
  const command = new Command("runs").description(
    "List, rename, delete, compact, copy and repair runs",
  );
  const add = (usage: string, description: string, isDefault = false) =>
    command.command(usage, { isDefault }).description(description)
      .addOption(databaseOption());
  add("list", "show every run (default)", true)
    .option("--json", "print one line of JSON")
    .action(list);
  add("rename <old> <new>", "give a run another name, by which it goes on").action(rename);
  add("delete <name>", "forget a run with everything it made; files and problems stay")
    .option(
      "--from-round <number>",
      "forget this round and later ones alone; the same command does them again",
      roundNumber,
    )
    .option("--yes", "do not ask")
    .action(remove);
  add("compact", "make the file as small as its contents, and bring it up to date").action(compact);
  add(
    "snapshot <file>",
    "write a consistent copy, in the folder of the database: the process that holds it may write there alone",
  ).action(snapshot);
  add("repair", "bring back what can be read where a power cut damaged the log of the database")
    .action(repair);
  return command;
}

async function list({ db, json }: RunsOptions): Promise<void> {
  await using reader = await openReader(db);
  const { batches } = await reader.query(
    `SELECT name, command, trees, solved_trees,
       (SELECT count(*) FROM round o WHERE o.run_no = runs.run_no), strftime(created_at, '%Y-%m-%d %H:%M')
     FROM runs ORDER BY run_no`,
  );
  const rows = (await Array.fromAsync(batches)).flat().map((row) => RunRow.parse(row));
  if (json) {
    const runs = rows.map(([name, of, trees, solvedTrees, rounds, createdAt]) => ({
      name,
      command: of,
      trees,
      solved_trees: solvedTrees,
      rounds,
      created_at: createdAt,
    }));
    return print(JSON.stringify(runs));
  }
  // Names come from a file that somebody else may have made: the table shows no control character.
  print(terminalTable(textTable(
    "",
    ["run", "command", "trees", "solved", "rounds", "begun (UTC)"],
    rows.map((row) => row.map(String)),
  )));
}

/** Names come from a file that somebody else may have made. */
function safeText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "\ufffd");
}

async function rename(name: string, to: string, { db }: RunsOptions): Promise<void> {
  await requireFile(db);
  await using store = await openStore(db);
  await store.renameRun(name, to);
  notice(`Renamed "${name}" to "${to}"`);
}

async function remove(name: string, { db, yes, fromRound }: RunsOptions): Promise<void> {
  await requireFile(db);
  await using store = await openStore(db);
  const run = (await store.runs()).find((one) => one.name === name);
  const what = fromRound === undefined
    ? `run "${name}" with ${run?.trees ?? 0} trees`
    : `round ${fromRound} and later of run "${name}"`;
  if (run !== undefined && yes !== true) {
    if (!Deno.stdin.isTerminal()) {
      throw new UsageError(`Cannot delete ${what} without asking: add --yes`);
    }
    if (!confirm(`Delete ${what}?`)) return notice("Nothing deleted");
  }
  await store.deleteRun(name, { fromRound });
  notice(`Deleted ${what}; deno task runs compact gives its room back`);
}

function roundNumber(text: string): number {
  if (/^([1-9]|1[0-5])$/.test(text)) return Number(text);
  throw new UsageError(`Cannot delete from round "${text}": expected a number from 1 to 15`);
}

async function compact({ db }: RunsOptions): Promise<void> {
  await requireFile(db);
  const { before, after } = await compactDatabase(db);
  notice(`${shortBytes(before)} before, ${shortBytes(after)} now`);
}

async function snapshot(file: string, { db }: RunsOptions): Promise<void> {
  await requireFile(db);
  requireNeighbour(file, db);
  using process = await connectControl(db);
  if (process === null) await copyDatabase(db, file);
  else await process.snapshot(resolve(file));
  notice(`Copy in ${file}`);
}

async function repair({ db }: RunsOptions): Promise<void> {
  await requireFile(db);
  const outcome = await repairDatabase(db, { now: new Date() });
  if (outcome === null) return notice(`Nothing to repair: "${db}" can be read as it is`);
  repairLines(outcome).forEach(notice);
}

function repairLines({ runs, commits, lost, kept }: RepairOutcome): readonly string[] {
  const held = runs.map(({ name, trees }) => `${safeText(name)}: ${trees} trees`).join(", ");
  const left = held === "" ? "no run is left" : held;
  return [
    `Brought back ${commits} of ${
      commits + lost.commits
    } commits that the damaged log shows; now there are: ${left}`,
    lost.commits === 0
      ? `Lost: no commit that can be recognised; the last ${
        shortBytes(lost.bytes)
      } of the log belong to none`
      : `Lost: ${lost.commits} commits, at least ${lost.trees} trees among them (${
        shortBytes(lost.bytes)
      } of the log)`,
    `The damaged log is kept as ${kept}; remove it when nobody needs it`,
    "The command that was stopped goes on, and does again what was lost",
  ];
}

/** Neither this command nor the process that holds the database may write anywhere else. */
function requireNeighbour(file: string, db: string): void {
  const folder = dirname(resolve(db));
  if (resolve(file).startsWith(folder === "/" ? folder : `${folder}/`)) return;
  throw new UsageError(
    `Cannot write copy "${file}": a copy is made in the folder of the database, "${folder}"; name a file there, and move it afterwards`,
  );
}

/** Opening for writing would make a file that is not there. */
async function requireFile(db: string): Promise<void> {
  try {
    await Deno.stat(db);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new UsageError(
      `Cannot use database "${db}": there is no such file; name another with --db`,
      { cause },
    );
  }
}
