import { fileURLToPath } from "node:url";
import { ConfigError } from "../core/mod.ts";

/** Folder of the Python that trains. */
export const TRAINER = fileURLToPath(new URL("./trainer", import.meta.url));

/** Names that a command template may use in braces. */
export const COMMAND_PLACEHOLDERS = [
  "python",
  "trainer",
  "request",
  "kind",
  "data",
  "base",
  "output",
] as const;

/** Values of the placeholders. */
export type CommandValues = Readonly<Record<typeof COMMAND_PLACEHOLDERS[number], string>>;

/**
 * Command that trains: the template with its placeholders filled in, argument by argument (no shell reads it). Without a template it
 * is our own trainer; with `accelerate`, that one under `accelerate launch` with this configuration file.
 *
 * @throws {ConfigError} If the template names a placeholder that does not exist, or is empty.
 */
export function trainerCommand(
  values: CommandValues,
  options: { readonly command?: readonly string[]; readonly accelerate?: string } = {},
): readonly string[] {
  const { command, accelerate } = options;
  if (command !== undefined) return command.map((part) => fill(part, values));
  const { python, trainer, request } = values;
  // A command of the user may have no standard input of ours: there, it would end the trainer at once.
  const own = [trainer, request, "--lifeline"];
  return accelerate === undefined ? [python, "-I", "-B", ...own] : [
    python,
    "-m",
    "accelerate.commands.launch",
    "--config_file",
    accelerate,
    ...own,
  ];
}

function fill(part: string, values: CommandValues): string {
  return part.replaceAll(/\{([a-z]+)\}/g, (whole, name: string) => {
    const value = new Map<string, string>(Object.entries(values)).get(name);
    if (value !== undefined) return value;
    const known = COMMAND_PLACEHOLDERS.map((known) => `{${known}}`).join(", ");
    throw new ConfigError(`Cannot use ${whole} in trainer.command: expected one of ${known}`);
  });
}
