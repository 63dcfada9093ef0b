import { Command } from "commander";
import { join } from "node:path";
import { InfrastructureError } from "../../core/mod.ts";
import { notice, print } from "../terminal/output.ts";
import { PROJECT_ROOT } from "../../process/mod.ts";
import { listenForInterrupts } from "../terminal/interrupt.ts";
import { starterTask, type StarterTaskOptions } from "../starter/starter_task.ts";
import { starterParts } from "../starter/parts.ts";

interface StarterOptions {
  readonly check?: true;
  readonly out: string;
  readonly json?: true;
}

/** `starter`: makes the starter world anew, and compares it with the one that ships. */
export function starterCommand(): Command {
  return new Command("starter")
    .description("Make the starter world anew (half an hour on two cores) and compare it")
    .option("--check", "only measure the base models that ship")
    .option(
      "--out <folder>",
      "folder that receives what is made",
      join(PROJECT_ROOT, "data", "starter"),
    )
    .option("--json", "print one line of JSON on standard output at the end")
    .action(async (options: StarterOptions) => {
      using interrupts = listenForInterrupts(() => notice("Stopping"));
      await using resources = new AsyncDisposableStack();
      const signal = AbortSignal.any([interrupts.stopAdmitting, interrupts.stopNow]);
      const request: StarterTaskOptions = {
        shipped: join(PROJECT_ROOT, "fixtures", "starter"),
        outFolder: options.check ? null : options.out,
        onProgress: notice,
        signal,
      };
      const { manifest, differences } = await starterTask(
        request,
        starterParts({ resources, onProgress: notice, signal }),
      );
      if (options.json) print(JSON.stringify({ models: manifest.models, differences }));
      else print(figureLines(manifest.models).join("\n"));
      if (differences.length === 0) return notice("The same as what ships");
      throw new InfrastructureError(
        "process",
        `The starter world differs from the one that ships:\n${differences.join("\n")}`,
      );
    });
}

type Models = Awaited<ReturnType<typeof starterTask>>["manifest"]["models"];

function figureLines(models: Models): readonly string[] {
  return Object.entries(models).flatMap(([name, { parameters, figures }]) => [
    `${name}: ${parameters} parameters${figures === null ? ", not measured" : ""}`,
    ...(figures?.levels ?? []).map(({ level, problems, greedy, sampled, solved }) =>
      `  level ${level}, ${problems} problems: greedy ${percent(greedy)}, sampled ${
        percent(sampled)
      }, ` +
      `solved by any of ${figures?.samples} ${percent(solved)}`
    ),
  ]);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
