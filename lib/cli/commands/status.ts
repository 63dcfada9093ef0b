import { Command } from "commander";
import { shortDuration, shortNumber, StoreError, UsageError } from "../../core/mod.ts";
import { connectControl, type ControlClient, type ControlStatus } from "../control/mod.ts";
import { databaseOption } from "../database_option.ts";
import { listenForInterrupts } from "../terminal/interrupt.ts";
import { LiveDisplay } from "../terminal/live_display.ts";
import { notice, print } from "../terminal/output.ts";

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
    .option(
      "--follow",
      "keep showing it until the process ends; with --json its events, one line each",
    )
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
      const events = client.events({ signal: interrupts.stopAdmitting });
      if (!json) return await showProgress(client, { events, status });
      for await (const event of events) print(JSON.stringify(event));
    });
}

/** Shows a process as it goes on: every event of its is a reason to ask how far it is. */
async function showProgress(
  client: ControlClient,
  { events, status }: {
    readonly events: AsyncIterable<unknown>;
    readonly status: ControlStatus;
  },
): Promise<void> {
  let latest = status;
  const picture = () => {
    const lines = statusLines(latest);
    return { lines, line: lines.slice(0, 2).join("; ") };
  };
  {
    using _display = new LiveDisplay(picture, { quiet: false });
    for await (const _event of events) {
      const next = await client.status().catch(ended);
      if (next === null) break;
      latest = next;
    }
  }
  notice(`Process ${latest.pid} has ended, or was left`);
}

/** A process that ends between an event and the question does not answer. */
function ended(error: unknown): null {
  if (error instanceof StoreError) return null;
  throw error;
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
