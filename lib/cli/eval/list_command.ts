import { Command } from "commander";
import { textTable } from "../../report/bare/mod.ts";
import { databaseOption } from "../database_option.ts";
import { notice, print } from "../terminal/output.ts";
import { findEvaluations, labelOf, openStored } from "./stored.ts";
import { terminalTable } from "../terminal/table.ts";

interface StoredOptions {
  readonly db: string;
  readonly json?: true;
}

/** `eval list`: which evaluations are stored. */
export function listCommand(): Command {
  return new Command("list").description("List the stored evaluations")
    .addOption(databaseOption())
    .option("--json", "print one line of JSON")
    .action(async ({ db, json }: StoredOptions) => {
      await using store = await openStored(db);
      const rows = (await store.evaluations()).map((info) => ({
        eval_id: info.evalId,
        suite: info.suite,
        model: labelOf(info),
        state: info.state,
        started_at: info.startedAt.toISOString(),
      }));
      if (json) return print(JSON.stringify(rows));
      if (rows.length === 0) return notice("No evaluation is stored");
      print(terminalTable(textTable(
        "Stored evaluations",
        ["number", "suite", "model, mode", "state", "begun (UTC)"],
        rows.map((row) => [
          String(row.eval_id),
          row.suite,
          row.model,
          row.state === "running" ? "interrupted" : row.state,
          row.started_at.slice(0, 16).replace("T", " "),
        ]),
      )));
    });
}

/** `eval show`: everything that an evaluation was made with. */
export function showCommand(): Command {
  return new Command("show").description("Show everything that an evaluation was made with")
    .argument("<evaluation>", "number, or round-N")
    .addOption(databaseOption())
    .option("--json", "print one line of JSON")
    .action(async (name: string, { db, json }: StoredOptions) => {
      await using store = await openStored(db);
      for (const info of findEvaluations(await store.evaluations(), name)) {
        print(JSON.stringify(info, null, json ? 0 : 2));
      }
    });
}
