import { Command } from "commander";
import { fileFault, UsageError } from "../../core/mod.ts";
import { GRADER_VERSION } from "../../grading/mod.ts";
import { renderHtml, renderJson, renderMarkdown, runReport } from "../../report/mod.ts";
import { databaseOption } from "../database_option.ts";
import { notice, print } from "../terminal/output.ts";
import { openReader } from "../reader.ts";

interface ReportCommandOptions {
  readonly db: string;
  readonly run?: string;
  readonly out?: string;
  readonly markdown?: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** `report`: everything that a database holds about a run, on one page. */
export function reportCommand(): Command {
  return new Command("report")
    .description("Write a report of a run: one HTML page that opens from disk, Markdown, JSON")
    .addOption(databaseOption())
    .option("--run <name>", "run to report (default: the newest)")
    .option(
      "--out <file>",
      "HTML page (default: beside the database, unless --markdown or --json is given)",
    )
    .option("--markdown <file>", "the same numbers as Markdown")
    .option("--json", "print the same numbers as one line of JSON")
    .option("--quiet", "no progress")
    .action(async (options: ReportCommandOptions) => {
      await using reader = await openReader(options.db);
      const report = await runReport(reader, {
        ...(options.run !== undefined && { run: options.run }),
        grader: GRADER_VERSION,
        now: new Date(),
        ...(options.quiet !== true && { onSection: (title: string) => notice(`  ${title}`) }),
      });
      const page = options.out ?? defaultPage(options);
      if (page !== null) await write(page, await renderHtml(report), options);
      if (options.markdown !== undefined) {
        await write(options.markdown, renderMarkdown(report), options);
      }
      if (options.json) print(renderJson(report));
    });
}

function defaultPage({ db, markdown, json }: ReportCommandOptions): string | null {
  return markdown === undefined && json === undefined
    ? `${db.replace(/\.duckdb$/, "")}.html`
    : null;
}

async function write(path: string, text: string, { quiet }: ReportCommandOptions): Promise<void> {
  try {
    await Deno.writeTextFile(path, text);
  } catch (error) {
    const fault = fileFault(error);
    if (fault === null) throw error;
    throw new UsageError(
      `Cannot write "${path}": ${fault}; expected a file in a folder that exists`,
      { cause: error },
    );
  }
  if (quiet !== true) notice(`Wrote ${path}`);
}
