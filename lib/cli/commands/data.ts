import { Command } from "commander";
import { join } from "node:path";
import { UsageError } from "../../core/mod.ts";
import {
  fetchOriginal,
  type Original,
  pinnedOriginals,
  shipOriginals,
  shippedSets,
} from "../../datasets/mod.ts";
import { PROBLEM_FOLDERS } from "../host.ts";
import { notice, print } from "../terminal/output.ts";

/** `data`: lists the sets that ship; `data fetch` brings originals; `--convert` makes the shipped ones anew. */
export function dataCommand(): Command {
  const { fixtures } = PROBLEM_FOLDERS;
  return new Command("data")
    .description("List the problem sets that ship, or fetch originals")
    .option(
      "--convert <folder>",
      "make fixtures/problems anew from originals and their sources.json",
    )
    .action(async ({ convert }: { readonly convert?: string }) => {
      const sets = convert === undefined
        ? await shippedSets(fixtures)
        : await shipOriginals(convert, { folder: join(fixtures, "problems") });
      for (const { name, rows, licence, origin } of sets) printSet({ name, rows, licence, origin });
      if (convert !== undefined) return;
      print("\nNot shipped; deno task data fetch NAME brings them:");
      for (const original of await pinnedOriginals(fixtures)) {
        if (original.fetchedAs !== null) printSet(original);
      }
    })
    .addCommand(fetchCommand());
}

function printSet(
  set: {
    readonly name: string;
    readonly rows: number;
    readonly licence: string;
    readonly origin: string;
  },
): void {
  const { name, rows, licence, origin } = set;
  print(`${name.padEnd(16)} ${String(rows).padStart(5)}  ${origin.slice(0, 60)}  ${licence}`);
}

function fetchCommand(): Command {
  return new Command("fetch")
    .description("Fetch originals from their pinned sources, verify and convert them")
    .argument("[names...]", "sets to fetch (default: all)")
    .option("--folder <folder>", "folder that receives them", PROBLEM_FOLDERS.fetched)
    .addHelpText(
      "after",
      "\nWhere a host cannot be reached, the message says what to download by hand and where to put it.",
    )
    .action(async (names: readonly string[], { folder }: { readonly folder: string }) => {
      for (const original of chosen(await pinnedOriginals(PROBLEM_FOLDERS.fixtures), names)) {
        const { path, problems } = await fetchOriginal(original, { folder, onProgress: notice });
        print(`${original.name}: verified, ${original.rows} rows in ${path}`);
        if (problems === null) print(`  ships whole: --problems ${original.name}`);
        else print(`  ${problems.rows} problems: --problems ${original.fetchedAs}`);
      }
    });
}

function chosen(
  originals: readonly Original[],
  names: readonly string[],
): readonly Original[] {
  if (names.length === 0) return originals;
  return names.map((name) => {
    const found = originals.find((one) => one.name === name || one.fetchedAs === name);
    if (found !== undefined) return found;
    throw new UsageError(
      `Cannot fetch "${name}": expected one of ${originals.map((one) => one.name).join(", ")}`,
    );
  });
}
