import { Command } from "commander";
import { EvolveConfig } from "../../config/mod.ts";
import { planJson, planLines } from "../evolve/describe_plan.ts";
import { planEvolve } from "../evolve/plan.ts";
import { runEvolve } from "../evolve/run_evolve.ts";
import { outcomeJson, outcomeLines } from "../evolve/table.ts";
import { notice, print } from "../terminal/output.ts";
import { addSettings, commandConfig, configLines, workedExamples } from "../settings.ts";

/** `evolve`: round after round of search, training and measurement. */
export function evolveCommand(): Command {
  const command = new Command("evolve")
    .description("Let a model teach itself: search, train policy and PPM, measure, again");
  command.addHelpText(
    "after",
    workedExamples([
      ["two small rounds, for a first look", "evolve --quick"],
      [
        "three rounds on other problems, fewer in each, with longer training",
        `evolve --problems control --rounds 3 --problems-per-round 60 --sft '{"epochs": 3}' --run longer --dry-run`,
      ],
    ]),
  );
  return addSettings(command, EvolveConfig).action(
    async (options: Readonly<Record<string, string | boolean>>) => {
      const resolved = await commandConfig(EvolveConfig, options);
      if (resolved.printConfig) return print(configLines(resolved));
      const { config } = resolved;
      const plan = await planEvolve(config);
      if (!config.dryRun) plan.set.notices.forEach(notice);
      if (config.dryRun) {
        if (config.json) print(planJson(config, plan));
        else planLines(config, plan).forEach(print);
        return;
      }
      const outcome = await runEvolve(config, plan);
      if (config.json) print(outcomeJson(outcome));
      else outcomeLines(outcome).forEach(print);
    },
  );
}
