import { type Command, Option } from "commander";
import type { z } from "zod";
import {
  flagName,
  parseShard,
  renamedSettings,
  resolveConfig,
  type Resolved,
  SETTING_GROUPS,
  settingsOf,
  shardDatabase,
} from "../config/mod.ts";
import { ConfigError, fileFault } from "../core/mod.ts";

/** Gives a command one flag per setting of its schema, with the schema's descriptions and defaults. */
export function addSettings(command: Command, schema: z.ZodObject): Command {
  const order = Object.keys(SETTING_GROUPS);
  const settings = settingsOf(schema)
    .toSorted((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
  for (const { flag, type, description, defaultValue, group, example } of settings) {
    const shown = defaultValue === undefined || isEmpty(defaultValue)
      ? ""
      : ` (default: ${String(defaultValue)})`;
    const usage = type === "boolean" ? flag : `${flag} <${placeholder(type)}>`;
    const text = example === null ? description : `${description}, e.g. '${example}'`;
    command.addOption(new Option(usage, text + shown).helpGroup(`${group}:`));
  }
  for (const key of Object.keys(renamedSettings(schema))) {
    // It is refused with its new name, which says more than that it is unknown.
    command.addOption(new Option(`${flagName(key)} [value]`).hideHelp());
  }
  // Several of them add up: how --sft.epochs 2 reaches the command (see settingParts).
  command.addOption(
    new Option(`${PART_FLAG} <path=value>`).hideHelp().default([])
      .argParser((text, before: readonly string[]) => [...before, text]),
  );
  const file = (usage: string, text: string) => new Option(usage, text).helpGroup("Configuration:");
  return command
    .addOption(
      file("--config <file>", "Configuration file, JSON with comments (see deno task init)"),
    )
    .addOption(file("--print-config", "Show every setting and where it came from, do nothing"));
}

function isEmpty(value: unknown): boolean {
  return value === false ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

function placeholder(type: string): string {
  if (type === "array") return "list";
  if (type === "object" || type === "record") return "json";
  if (type === "number") return "number";
  return "value";
}

/** Hidden flag of one setting within a group. */
const PART_FLAG = "--set-part";

/**
 * Command line in which settings within a group are ones that its parser knows: `--sft.epochs 2` becomes `--set-part sft.epochs=2`. Lines
 * of commands that have no such settings are left as they are.
 */
export function settingParts(args: readonly string[], command: Command): readonly string[] {
  if (!takesParts(command)) return args;
  const spelled: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    const match = /^--([a-z][a-z-]*(?:\.[A-Za-z]\w*(?:-\w+)*)+)(?:=(.*))?$/s.exec(arg);
    if (match === null) {
      spelled.push(arg);
      continue;
    }
    const [, name = "", given] = match;
    const value = given ?? args[++i];
    if (value === undefined) {
      throw new ConfigError(`Cannot use flag ${arg}: expected a value, got none`);
    }
    spelled.push(PART_FLAG, `${camelCase(name)}=${value}`);
  }
  return spelled;
}

function takesParts(command: Command): boolean {
  return command.options.some(({ long }) => long === PART_FLAG) ||
    command.commands.some(takesParts);
}

/** `ppm-training.batch-size` is `ppmTraining.batchSize`. */
function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Help text of worked command lines, one of each as `[what it does, arguments behind "deno task"]`. */
export function workedExamples(examples: readonly (readonly [string, string])[]): string {
  const lines = examples.flatMap(([what, line]) => [`  ${what}:`, `    deno task ${line}`]);
  return ["", "Examples:", ...lines].join("\n");
}

/** Configuration of a command, resolved from its flags, the environment and the configuration file. */
export interface CommandConfig<T> extends Resolved<T> {
  readonly printConfig: boolean;
}

/**
 * Resolves the configuration of a command.
 *
 * @throws {ConfigError} If the file cannot be read or a value is not valid.
 */
export async function commandConfig<S extends z.ZodObject>(
  schema: S,
  options: Readonly<Record<string, string | boolean | readonly string[]>>,
): Promise<CommandConfig<z.output<S>>> {
  const { config: file, printConfig, setPart, ...given } = options;
  const flags = Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) =>
      typeof value === "string" || typeof value === "boolean" ? [[key, value] as const] : []
    ),
  );
  const environment = Deno.env.toObject();
  const path = typeof file === "string" ? file : environment["RSTAR_CONFIG"];
  const resolved = resolveConfig(schema, {
    flags,
    parts: typeof setPart === "object" ? setPart.map(partOf) : [],
    environment,
    file: path === undefined ? undefined : { path, text: await readConfigFile(path) },
  });
  return { ...resolved, printConfig: printConfig === true };
}

/** The same settings; a shard for which no database is named has one of its own, by its name. */
export function withShardDatabase<
  T extends { readonly db: string; readonly shard?: string | undefined },
>(
  resolved: CommandConfig<T>,
): CommandConfig<T> {
  const shard = parseShard(resolved.config.shard ?? "");
  if (shard === null || resolved.origins["db"] !== "default") return resolved;
  return {
    ...resolved,
    config: { ...resolved.config, db: shardDatabase(resolved.config.db, shard) },
  };
}

/** `sft.epochs=2`, taken apart. */
function partOf(text: string): readonly [string, string] {
  const end = text.indexOf("=");
  return [text.slice(0, end), text.slice(end + 1)];
}

async function readConfigFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const fault = fileFault(error);
    if (fault === null) throw error;
    throw new ConfigError(
      `Cannot read configuration "${path}": ${fault}; deno task init writes one`,
      { cause: error },
    );
  }
}

/** One line per setting: value and origin. */
export function configLines(resolved: Resolved<Readonly<Record<string, unknown>>>): string {
  return Object.keys(resolved.origins)
    .map((key) =>
      `${key} = ${JSON.stringify(resolved.config[key]) ?? "(not set)"}  # ${resolved.origins[key]}`
    )
    .join("\n");
}
