import { Command, CommanderError } from "commander";
import project from "../../deno.json" with { type: "json" };
import {
  fileFault,
  InfrastructureError,
  Interrupted,
  StoreError,
  UnreadableModelError,
  UsageError,
} from "../core/bare/mod.ts";
import { notice } from "./terminal/output.ts";
import { spareLoopback } from "./proxies.ts";
import { SaidAlready } from "./said_already.ts";

/**
 * Loaders of the commands, by name, in the order of the list. Each is loaded only when it is run: what a command does not import needs
 * no permission (DuckDB, for instance, asks for FFI as soon as it is loaded), and costs its start nothing.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  synth: async () => (await import("./commands/synth.ts")).synthCommand(),
  evolve: async () => (await import("./commands/evolve.ts")).evolveCommand(),
  ablate: async () => (await import("./commands/ablate.ts")).ablateCommand(),
  science: async () => (await import("./commands/science.ts")).scienceCommand(),
  sql: async () => (await import("./commands/sql.ts")).sqlCommand(),
  runs: async () => (await import("./commands/runs.ts")).runsCommand(),
  eval: async () => (await import("./commands/eval.ts")).evalCommand(),
  export: async () => (await import("./commands/export.ts")).exportCommand(),
  merge: async () => (await import("./commands/merge.ts")).mergeCommand(),
  train: async () => (await import("./commands/train.ts")).trainCommand(),
  report: async () => (await import("./commands/report.ts")).reportCommand(),
  view: async () => (await import("./commands/view.ts")).viewCommand(),
  status: async () => (await import("./commands/status.ts")).statusCommand(),
  grade: async () => (await import("./commands/grade.ts")).gradeCommand(),
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand(),
  data: async () => (await import("./commands/data.ts")).dataCommand(),
  starter: async () => (await import("./commands/starter.ts")).starterCommand(),
  init: async () => (await import("./commands/init.ts")).initCommand(),
};

/** Line of the list of commands that says what one does: the description of its task. */
function summaryOf(name: string): string {
  const tasks: Readonly<Record<string, { readonly description: string }>> = project.tasks;
  return tasks[name]?.description ?? "";
}

/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Runs one command.
 *
 * @param args Command line without the program: `["synth", "--limit", "3"]`.
 * @returns The exit code.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  spareLoopback();
  const program = new Command("deno task")
    .description("Step-verified mathematics data by tree search, and a model that grows on it")
    .exitOverride()
    .showSuggestionAfterError(true)
    // A command and its subcommands may have options of the same name.
    .enablePositionalOptions()
    .configureHelp({ sortSubcommands: false });
  let words = spellHelp(args);
  const load = COMMANDS[words[0] ?? ""];
  try {
    if (load === undefined) {
      for (const command of listed()) program.addCommand(inheritExit(command));
    } else {
      const command = await load();
      program.addCommand(inheritExit(command));
      await checkSubcommand(command, words[1]);
      if (words.some((word) => /^--[a-z-]+\./.test(word))) {
        const { settingParts } = await import("./settings.ts");
        words = settingParts(words, command);
      }
    }
    await program.parseAsync([...words], { from: "user" });
    return EXIT.done;
  } catch (error) {
    return exitCode(error);
  }
}

/** Turns `help synth` into `synth --help`: only a command itself knows its help. */
function spellHelp(args: readonly string[]): readonly string[] {
  const [first, second] = args;
  return first === "help" && second !== undefined && second in COMMANDS ? [second, "--help"] : args;
}

/** Makes every command with no more than name and summary: enough for a list of them, and for a suggestion. */
function listed(): readonly Command[] {
  return Object.keys(COMMANDS).map((name) => new Command(name).description(summaryOf(name)));
}

/** Subcommands that were built apart do not inherit these settings by themselves. */
function inheritExit(command: Command): Command {
  for (const below of command.commands) inheritExit(below);
  return command.exitOverride().showSuggestionAfterError(true)
    .addHelpText("after", "\n--print-permissions shows what deno task lets the command do.");
}

/** A mistyped subcommand would be taken for an argument of the default one, which only says that it wants none. */
async function checkSubcommand(command: Command, word: string | undefined): Promise<void> {
  const names = command.commands.map((below) => below.name());
  if (word === undefined || word.startsWith("-") || names.length === 0) return;
  if (word === "help" || names.includes(word)) return;
  const { nearest } = await import("../core/mod.ts");
  const meant = nearest(word, names);
  throw new UsageError(
    `Cannot run "deno task ${command.name()} ${word}": there is no such command; ` +
      (meant === null ? `there are ${names.join(", ")}` : `did you mean "${meant}"?`),
  );
}

/** Deno's own advice, to allow everything, is not given on: what model-written code does hangs on it. */
function notGranted({ message }: Error): string {
  const [what = message] = message.split(/, (?:run again|specify)/);
  return `Cannot go on: ${
    what.replace(/^Requires/, "the command needs")
  }, which it was not given; ` +
    "name the file or folder with a setting of its own (--help), so that the launcher lets the command use it " +
    "(--print-permissions shows what it may use); where no setting names it, please report this";
}

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof SaidAlready) return EXIT.failed;
  if (error instanceof UsageError || (error instanceof StoreError && error.isWrongFile)) {
    notice(`error: ${error.message}`);
    return EXIT.usage;
  }
  if (error instanceof InfrastructureError || error instanceof UnreadableModelError) {
    notice(`error: ${error.message}`);
    return EXIT.failed;
  }
  if (error instanceof Deno.errors.NotCapable) {
    notice(`error: ${notGranted(error)}`);
    return EXIT.failed;
  }
  if (error instanceof Error && fileFault(error) !== null) {
    notice(`error: Cannot go on: ${fileFault(error)}: ${error.message}`);
    return EXIT.failed;
  }
  notice(error instanceof Error ? error.stack ?? error.message : String(error));
  return EXIT.failed;
}
