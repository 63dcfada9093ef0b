import { Argument, Command } from "commander";
import { ABLATIONS } from "../../ablation/mod.ts";
import { AblateConfig } from "../../config/mod.ts";
import { UsageError } from "../../core/mod.ts";
import { ablateSettings } from "../ablate/ablate_settings.ts";
import { planAblate, runAblate } from "../ablate/run_ablate.ts";
import { ablateJson, ablateLines } from "../ablate/table.ts";
import { print } from "../terminal/output.ts";
import { addSettings, commandConfig, configLines } from "../settings.ts";

/** `ablate NAME`: arms that differ in one thing, made from a round of a run. */
export function ablateCommand(): Command {
  const command = new Command("ablate")
    .description("Change one thing of a round at a time and compare what comes of it")
    .addArgument(new Argument("<name>", "what is changed").choices(Object.keys(ABLATIONS)));
  return addSettings(command, AblateConfig).action(
    async (name: string, options: Readonly<Record<string, string | boolean>>) => {
      const resolved = await commandConfig(AblateConfig, options);
      if (resolved.printConfig) return print(configLines(resolved));
      const { config } = resolved;
      const ablation = ABLATIONS[name];
      if (ablation === undefined) throw new UsageError(`Cannot ablate "${name}"`);
      if (config.dryRun) {
        const lines = await planAblate(ablateSettings(config), ablation);
        if (config.json) return print(JSON.stringify({ ablation: name, plan: lines }));
        return lines.forEach(print);
      }
      const outcome = await runAblate(ablateSettings(config), ablation);
      if (config.json) print(ablateJson(outcome));
      else ablateLines(outcome).forEach(print);
    },
  );
}
