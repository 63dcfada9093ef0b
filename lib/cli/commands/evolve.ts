import { Command } from "commander";
import { EvolveConfig } from "../../config/mod.ts";
import { planJson, planLines } from "../evolve/describe_plan.ts";
import { planEvolve } from "../evolve/plan.ts";
import { runEvolve } from "../evolve/run_evolve.ts";
import { outcomeJson, outcomeLines } from "../evolve/table.ts";
import { notice, print } from "../output.ts";
import { addSettings, commandConfig, configLines } from "../settings.ts";

/** `evolve`: round after round of search, training and measurement. */
export function evolveCommand(): Command {
  const command = new Command("evolve")
    .description("Let a model teach itself: search, train policy and PPM, measure, again");
  return addSettings(command, EvolveConfig).action(
    async (options: Readonly<Record<string, string | boolean>>) => {
      const resolved = await commandConfig(EvolveConfig, options);
      if (resolved.printConfig) return print(configLines(resolved));
      const { config } = resolved;
      const plan = await planEvolve(config);
      if (plan.ungradable > 0) {
        notice(`Left out: ${plan.ungradable} problems that no grader can judge (figures, proofs)`);
      }
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
