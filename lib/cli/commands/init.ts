import { Command } from "commander";
import { commentedConfig, SynthConfig } from "../../config/mod.ts";
import { UsageError } from "../../core/mod.ts";
import { notice } from "../output.ts";

/** `init [file]`: writes a commented configuration file. */
export function initCommand(): Command {
  return new Command("init")
    .description("Write a configuration file in which every setting stands, commented out")
    .argument("[file]", "file to write", "rstar.jsonc")
    .action(async (file: string) => {
      try {
        await Deno.writeTextFile(file, commentedConfig(SynthConfig), { createNew: true });
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
        throw new UsageError(`Cannot write "${file}": it exists already; name another file`, {
          cause: error,
        });
      }
      notice(`Wrote ${file}. Use it with: deno task synth --config ${file}`);
    });
}
