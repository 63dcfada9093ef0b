import { Command } from "commander";
import { EvalConfig } from "../../config/mod.ts";
import { GRADER_VERSION } from "../../grading/mod.ts";
import { evaluationReport, renderHtml } from "../../report/mod.ts";
import { compareRounds } from "../eval/compare_rounds.ts";
import { compareCommand } from "../eval/compare_command.ts";
import { dryRunLines } from "../eval/dry_run.ts";
import { comparisonJson, figuresJson, figuresOf } from "../eval/figures.ts";
import { figuresCsv, figuresMarkdown } from "../eval/files.ts";
import { auditCommand, regradeCommand } from "../eval/grader_commands.ts";
import { listCommand, showCommand } from "../eval/list_command.ts";
import { loadSuites } from "../eval/load_suites.ts";
import { selectionOf } from "../eval/plan.ts";
import { runEval } from "../eval/run_eval.ts";
import { allGrids, drawGrid, warnings } from "../eval/table.ts";
import { notice, print, shortDuration } from "../output.ts";
import { addSettings, commandConfig, configLines } from "../settings.ts";

/** `eval`: measures checkpoints on suites; its subcommands look at what is stored. */
export function evalCommand(): Command {
  const command = new Command("eval")
    .description("Measure checkpoints on benchmark suites, with error bars")
    .addHelpText(
      "after",
      "\nWithout --round, --all-rounds or --checkpoint the newest round of the newest evolve run is measured,\n" +
        "and the model that ships where there is none.",
    );
  addSettings(command, EvalConfig);
  const samples = command.options.find(({ long }) => long === "--k");
  if (samples !== undefined) samples.short = "-k";
  // What follows a subcommand's name belongs to the subcommand: both have --db.
  command.enablePositionalOptions();
  const others = [listCommand, showCommand, compareCommand, auditCommand, regradeCommand];
  for (const make of others) command.addCommand(make());
  return command.action(evaluate);
}

/** Commander takes `--no-code` for the negation of a flag `code`, which is on by default. */
async function evaluate(
  { code, ...options }: Readonly<Record<string, string | boolean>>,
): Promise<void> {
  const flags = code === false ? { ...options, noCode: true } : options;
  const resolved = await commandConfig(EvalConfig, flags);
  if (resolved.printConfig) return print(configLines(resolved));
  const { config } = resolved;
  const { suites, notices } = await loadSuites(
    config.suite,
    (suite) => selectionOf(config, suite),
  );
  if (!config.quiet) notices.forEach(notice);
  if (config.dryRun) return (await dryRunLines(config, suites)).forEach(print);
  await runEval(config, suites, async ({ entries, seconds }, store) => {
    const all = entries.map(figuresOf);
    const comparisons = await compareRounds(entries, { store, suites });
    if (config.csv !== undefined) await Deno.writeTextFile(config.csv, figuresCsv(all));
    if (config.markdown !== undefined) {
      await Deno.writeTextFile(config.markdown, figuresMarkdown(all, comparisons));
    }
    if (config.html !== undefined) {
      const page = await evaluationReport(store, {
        evalIds: entries.map(({ result }) => result.evalId),
        grader: GRADER_VERSION,
        now: new Date(),
      });
      await Deno.writeTextFile(config.html, await renderHtml(page));
    }
    if (config.json) {
      return print(JSON.stringify({
        db: config.db,
        seconds,
        complete: all.length > 0 && all.every(({ result }) => result.isComplete),
        evaluations: all.map(figuresJson),
        comparisons: comparisons.map(comparisonJson),
      }));
    }
    for (const grid of allGrids(all, comparisons)) print(drawGrid(grid));
    warnings(all).forEach(print);
    print(
      `${shortDuration(seconds)}; evaluations ${
        entries.map(({ result }) => result.evalId).join(", ")
      } in ${config.db}`,
    );
  });
}
