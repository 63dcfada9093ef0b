import { Command } from "commander";
import { UsageError } from "../../core/mod.ts";
import { connectControl, type ControlStatus } from "../control/mod.ts";
import { databaseOption } from "../database_option.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { print, shortDuration, shortNumber } from "../output.ts";

interface StatusOptions {
  readonly db: string;
  readonly json?: true;
  readonly follow?: true;
}

/** `status`: what the process that holds a database is doing. */
export function statusCommand(): Command {
  return new Command("status")
    .description("Say what the process that holds a database is doing")
    .addOption(databaseOption())
    .option("--json", "print one line of JSON on standard output")
    .option("--follow", "print events, one line of JSON each, until the process ends")
    .action(async ({ db, json, follow }: StatusOptions) => {
      using interrupts = listenForInterrupts(() => {});
      using client = await connectControl(db);
      if (client === null) {
        throw new UsageError(
          `Cannot ask about "${db}": no process holds it, or none that listens; deno task runs shows what is stored`,
        );
      }
      const status = await client.status();
      if (json) print(JSON.stringify(status));
      else if (!follow) statusLines(status).forEach(print);
      if (!follow) return;
      for await (const event of client.events({ signal: interrupts.stopAdmitting })) {
        print(JSON.stringify(event));
      }
    });
}

function statusLines({ pid, command, run, startedAt, search }: ControlStatus): readonly string[] {
  const head = `${command}, process ${pid}, run ${run === null ? "not begun" : `"${run}"`}, ` +
    `since ${startedAt}`;
  if (search === null) return [head, "No trees are grown at the moment"];
  const rate = (count: number) => shortNumber(count / Math.max(search.seconds, 1e-3));
  return [
    head,
    `Trees: ${search.trees} of ${search.totalTrees} in ${shortDuration(search.seconds)}, ` +
    `${search.open} open, ${search.parked} unfinished; ${search.problemsSolved} problems solved`,
    `${rate(search.rollouts)} rollouts/s, ${rate(search.generatedTokens)} tokens/s`,
    ...Object.entries(search.queues).map(([name, { running, waiting, limit }]) =>
      `${name}: ${running} of ${limit} running, ${waiting} waiting`
    ),
    ...search.failures,
  ];
}
