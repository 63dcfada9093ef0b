import { Command, CommanderError } from "commander";
import { fileFault, InfrastructureError, nearest, UsageError } from "../core/mod.ts";
import { Interrupted } from "./interrupt.ts";
import { notice } from "./output.ts";

/**
 * Commands by name. Each is loaded only when it is run: what a command does not import needs no permission (DuckDB, for instance,
 * asks for FFI as soon as it is loaded).
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

/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Runs one command.
 *
 * @param args Command line without the program: `["synth", "--limit", "3"]`.
 * @returns The exit code.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  const program = new Command("deno task")
    .description("Step-verified mathematics data by tree search, and a model that grows on it")
    .exitOverride()
    .showSuggestionAfterError(true)
    // A command and its subcommands may have options of the same name.
    .enablePositionalOptions()
    .configureHelp({ sortSubcommands: false });
  const load = COMMANDS[args[0] ?? ""];
  const wanted = load === undefined ? Object.values(COMMANDS) : [load];
  const commands = await Promise.all(wanted.map((one) => one()));
  for (const command of commands) program.addCommand(inheritExit(command));
  try {
    if (load !== undefined) commands.forEach((command) => checkSubcommand(command, args[1]));
    await program.parseAsync([...args], { from: "user" });
    return EXIT.done;
  } catch (error) {
    return exitCode(error);
  }
}

/** Subcommands that were built apart do not inherit these settings by themselves. */
function inheritExit(command: Command): Command {
  for (const below of command.commands) inheritExit(below);
  return command.exitOverride().showSuggestionAfterError(true)
    .addHelpText("after", "\n--print-permissions shows what deno task lets the command do.");
}

/** A mistyped subcommand would be taken for an argument of the default one, which only says that it wants none. */
function checkSubcommand(command: Command, word: string | undefined): void {
  const names = command.commands.map((below) => below.name());
  if (word === undefined || word.startsWith("-") || names.length === 0) return;
  if (word === "help" || names.includes(word)) return;
  const meant = nearest(word, names);
  throw new UsageError(
    `Cannot run "deno task ${command.name()} ${word}": there is no such command; ` +
      (meant === null ? `there are ${names.join(", ")}` : `did you mean "${meant}"?`),
  );
}

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof UsageError) {
    notice(`error: ${error.message}`);
    return EXIT.usage;
  }
  if (error instanceof InfrastructureError) {
    notice(`error: ${error.message}`);
    return EXIT.failed;
  }
  if (error instanceof Deno.errors.NotCapable) {
    notice(
      `error: ${
        error.message.replace(/, run again .*$/, "")
      }, which the launcher did not grant (deno task X ` +
        "--print-permissions shows what it did); report it, and meanwhile use: deno run -A main.ts …",
    );
    return EXIT.failed;
  }
  if (error instanceof Error && fileFault(error) !== null) {
    notice(`error: Cannot go on: ${fileFault(error)}: ${error.message}`);
    return EXIT.failed;
  }
  notice(error instanceof Error ? error.stack ?? error.message : String(error));
  return EXIT.failed;
}
