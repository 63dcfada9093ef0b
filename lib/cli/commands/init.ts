import { Command, Option } from "commander";
import {
  AblateConfig,
  commentedConfig,
  EvalConfig,
  EvolveConfig,
  ScienceConfig,
  SynthConfig,
} from "../../config/mod.ts";
import { fileFault, UsageError } from "../../core/mod.ts";
import { notice } from "../output.ts";

/** Commands whose settings a file can hold. */
const SCHEMAS = {
  synth: SynthConfig,
  evolve: EvolveConfig,
  eval: EvalConfig,
  ablate: AblateConfig,
  science: ScienceConfig,
} as const;

/** `init [file]`: writes a commented configuration file. */
export function initCommand(): Command {
  return new Command("init")
    .description("Write a configuration file in which every setting stands, commented out")
    .argument("[file]", "file to write", "rstar.jsonc")
    .addOption(
      new Option("--for <command>", "command that the file configures")
        .choices(Object.keys(SCHEMAS)).default("synth"),
    )
    .action(async (file: string, options: { readonly for: keyof typeof SCHEMAS }) => {
      try {
        await Deno.writeTextFile(file, commentedConfig(SCHEMAS[options.for]), { createNew: true });
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
