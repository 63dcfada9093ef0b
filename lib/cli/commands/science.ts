import { Command } from "commander";
import { ScienceConfig } from "../../config/mod.ts";
import { print } from "../terminal/output.ts";
import { scienceJson, scienceLines, scienceMarkdown } from "../science/markdown.ts";
import { runScience } from "../science/run_science.ts";
import { addSettings, commandConfig, configLines } from "../settings.ts";

/** `science`: the whole study, with the claims that were declared before it. */
export function scienceCommand(): Command {
  const command = new Command("science")
    .description("Repeat the whole chain with several seeds and test the declared claims (hours)");
  return addSettings(command, ScienceConfig).action(
    async (options: Readonly<Record<string, string | boolean>>) => {
      const resolved = await commandConfig(ScienceConfig, options);
      if (resolved.printConfig) return print(configLines(resolved));
      const { config } = resolved;
      if (config.dryRun) {
        const lines = scienceLines(config);
        if (config.json) return print(JSON.stringify({ plan: lines }));
        return lines.forEach(print);
      }
      const outcome = await runScience(config);
      const markdown = scienceMarkdown(outcome);
      if (config.out !== undefined) await Deno.writeTextFile(config.out, markdown);
      print(config.json ? scienceJson(outcome) : markdown);
    },
  );
}
