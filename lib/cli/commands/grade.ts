import { Command } from "commander";
import { fileFault, UsageError } from "../../core/mod.ts";
import { gradeCases, openGrader } from "../../grading/mod.ts";
import { openGradingSandbox } from "../host.ts";
import { notice, print } from "../terminal/output.ts";

/** `grade --cases FILE`: grades a file of answers. */
export function gradeCommand(): Command {
  return new Command("grade")
    .description("Grade a file of answers, one JSON object a line: {id, kind, gold, pred}")
    .requiredOption("--cases <file>", 'file of cases; "-" reads standard input')
    .option("--json", "print one JSON object a line (the default and only form)")
    .option("--quiet", "no notices")
    .addHelpText(
      "after",
      "\nkind: equiv (pred is a bare answer) or extract (pred is a whole reply).\n" +
        "Prints {id, extracted, verdict, grader, ms, …} in the order of the cases.",
    )
    .action(async (options: { readonly cases: string; readonly quiet?: true }) => {
      const lines = await openLines(options.cases);
      const onProgress = options.quiet ? () => {} : notice;
      await using sandbox = await openGradingSandbox({ onProgress });
      await using grader = openGrader({ sandbox });
      for await (const line of gradeCases(lines, grader)) print(line);
    });
}

async function openLines(path: string): Promise<AsyncIterable<string>> {
  if (path === "-") return splitLines(Deno.stdin.readable);
  try {
    const file = await Deno.open(path);
    if ((await file.stat()).isDirectory) {
      file.close();
      throw new Deno.errors.IsADirectory(path);
    }
    return splitLines(file.readable);
  } catch (error) {
    const fault = fileFault(error);
    if (fault === null) throw error;
    throw new UsageError(`Cannot read cases from "${path}": ${fault}`, { cause: error });
  }
}

async function* splitLines(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
