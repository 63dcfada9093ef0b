import { Command, Option } from "commander";
import { commentedConfig, pathSettingsSource } from "../../config/mod.ts";
import { fileFault, UsageError } from "../../core/mod.ts";
import { CONFIGURABLE, configurationDocs } from "../configuration_docs.ts";
import { notice, print } from "../terminal/output.ts";

interface InitOptions {
  readonly for: keyof typeof CONFIGURABLE;
  readonly docs?: boolean;
  readonly pathSettings?: boolean;
}

/** `init [file]`: writes a commented configuration file. */
export function initCommand(): Command {
  return new Command("init")
    .description("Write a configuration file in which every setting stands, commented out")
    .argument("[file]", "file to write", "rstar.jsonc")
    .addOption(
      new Option("--for <command>", "command that the file configures")
        .choices(Object.keys(CONFIGURABLE)).default("synth"),
    )
    .addOption(new Option("--path-settings", "print lib/config/path_settings.ts").hideHelp())
    .option("--docs", "print docs/configuration.md and write no file")
    .action(async (file: string, options: InitOptions) => {
      if (options.pathSettings) return print(pathSettingsSource(CONFIGURABLE).trimEnd());
      if (options.docs) return print(configurationDocs().trimEnd());
      try {
        await Deno.writeTextFile(file, commentedConfig(CONFIGURABLE[options.for]), {
          createNew: true,
        });
      } catch (error) {
        const fault = fileFault(error);
        if (fault === null) throw error;
        throw new UsageError(`Cannot write "${file}": ${fault}; name another file`, {
          cause: error,
        });
      }
      notice(`Wrote ${file}. Use it with: deno task ${options.for} --config ${file}`);
    });
}
