import { Command } from "commander";
import { join } from "node:path";
import { shipOriginals, shippedSets } from "../../datasets/mod.ts";
import { PROJECT_ROOT } from "../host.ts";
import { print } from "../output.ts";

/** `data`: lists the sets that ship; `--convert` makes them anew from a folder of originals. */
export function dataCommand(): Command {
  return new Command("data")
    .description("List the problem sets that ship, with origin and licence")
    .option(
      "--convert <folder>",
      "make fixtures/problems anew from originals and their sources.json",
    )
    .action(async ({ convert }: { readonly convert?: string }) => {
      const fixtures = join(PROJECT_ROOT, "fixtures");
      const sets = convert === undefined
        ? await shippedSets(fixtures)
        : await shipOriginals(convert, { folder: join(fixtures, "problems") });
      for (const { name, rows, licence, origin } of sets) {
        print(`${name.padEnd(16)} ${String(rows).padStart(5)}  ${origin.slice(0, 60)}  ${licence}`);
      }
    });
}
