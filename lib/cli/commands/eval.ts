import { Command } from "commander";
import { EvalConfig } from "../../config/mod.ts";
import { compareCommand } from "../eval/compare_command.ts";
import { dryRunLines } from "../eval/dry_run.ts";
import { auditCommand, regradeCommand } from "../eval/grader_commands.ts";
import { checkLike, likeConfig, readModel } from "../eval/like.ts";
import { listCommand, showCommand } from "../eval/list_command.ts";
import { loadSuites } from "../eval/load_suites.ts";
import { selectionOf } from "../eval/plan.ts";
import { reportOutcome } from "../eval/report_outcome.ts";
import { runEval } from "../eval/run_eval.ts";
import { shardSuites } from "../eval/shard_suites.ts";
import { notice, print } from "../terminal/output.ts";
import {
  addSettings,
  commandConfig,
  configLines,
  withShardDatabase,
  workedExamples,
} from "../settings.ts";

/** `eval`: measures checkpoints on suites; its subcommands look at what is stored. */
export function evalCommand(): Command {
  const command = new Command("eval")
    .description("Measure checkpoints on benchmark suites, with error bars")
    .addHelpText(
      "after",
      "\nWithout --round, --all-rounds or --policy the newest round of the newest evolve run is measured,\n" +
        "and the model that ships where there is none.",
    );
  addSettings(command, EvalConfig);
  command.addHelpText(
    "after",
    workedExamples([
      ["every round of the newest evolve run, compared", "eval --all-rounds --limit 100"],
      [
        "eight samples of a model on a server, by suite",
        "eval --policy http://localhost:8000/v1 --suite math500,gsm8k --mode sample --k 8",
      ],
    ]),
  );
  const samples = command.options.find(({ long }) => long === "--k");
  if (samples !== undefined) {
    samples.short = "-k";
    samples.flags = `-k, ${samples.flags}`;
  }
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
  const resolved = withShardDatabase(await commandConfig(EvalConfig, flags));
  if (resolved.printConfig) return print(configLines(resolved));
  const { like } = resolved.config;
  const model = like === undefined ? null : await readModel(resolved.config.db, like);
  const config = model === null ? resolved.config : await likeConfig(resolved.config, model);
  const whole = await loadSuites(
    config.suite,
    { selectionOf: (suite) => selectionOf(config, suite), fields: config.fields },
  );
  const { suites, notices } = shardSuites(whole, config.shard);
  if (model !== null) checkLike(config, suites, model);
  if (!config.quiet) notices.forEach(notice);
  if (config.dryRun) return (await dryRunLines(config, suites)).forEach(print);
  await runEval(
    config,
    suites,
    (outcome, store) => reportOutcome(outcome, { config, suites, store }),
  );
}
