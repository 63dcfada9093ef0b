/** Reference of all settings as Markdown, made from the schemas that read them. `docs/configuration.md` is this. */
import { z } from "zod";
import { settingsOf } from "./describe.ts";
import { variableName } from "./resolve.ts";
import { SETTING_GROUPS } from "./setting_groups.ts";

/** Settings of one command. */
export interface CommandReference {
  readonly command: string;
  readonly schema: z.ZodObject;
}

/** Parameters that a setting holds as JSON, with the values of its presets. */
export interface ParameterReference {
  readonly title: string;
  /** Where they are given, as a sentence. */
  readonly introduction: string;
  /** Each parameter's meaning, in order. */
  readonly meanings: Readonly<Record<string, string>>;
  /** Values by preset; the first one is shown whole, of the others what differs from it. */
  readonly presets: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Descriptions of a schema's fields by name. */
export function meaningsOf(schema: z.ZodObject | z.ZodReadonly<z.ZodObject>) {
  const { shape } = schema instanceof z.ZodReadonly ? schema.unwrap() : schema;
  return Object.fromEntries(
    Object.entries(shape).map(([key, field]) => [
      key,
      z.globalRegistry.get(field)?.description ?? "",
    ]),
  );
}

/** The reference: how a value is found, every command's settings under their headings, and the parameters of its JSON settings. */
export function configurationReference(
  commands: readonly CommandReference[],
  parameters: readonly ParameterReference[],
): string {
  const lines = [
    "# Settings",
    "",
    "<!-- Made by `deno task init --docs > docs/configuration.md`; a test compares. -->",
    "",
    "A value comes from the default, the configuration file (`--config FILE`, JSON with comments), the environment, or the command line: each",
    "is overridden by the next. `maxTokens` in the file is `RSTAR_MAX_TOKENS` in the environment and `--max-tokens` on the command line; what",
    "holds JSON takes `--search '{\"maxDepth\": 8}'`. `deno task init --for COMMAND` writes a file in which every setting stands, commented out;",
    "`--print-config` shows every value and where it came from. Keys of servers come from `RSTAR_POLICY_API_KEY` and `RSTAR_PPM_API_KEY` alone.",
    "",
    ...commands.flatMap(commandLines),
    ...parameters.flatMap(parameterLines),
  ];
  return lines.join("\n");
}

function commandLines({ command, schema }: CommandReference): string[] {
  const settings = settingsOf(schema);
  return [
    `## \`deno task ${command}\``,
    "",
    ...Object.keys(SETTING_GROUPS).flatMap((group) => {
      const rows = settings.filter((setting) => setting.group === group);
      if (rows.length === 0) return [];
      return [
        `### ${group} of \`${command}\``,
        "",
        "| flag | variable | default | meaning |",
        "|---|---|---|---|",
        ...rows.map(({ key, flag, defaultValue, description, example }) =>
          row([
            code(flag),
            code(variableName(key)),
            defaultValue === undefined ? "" : code(JSON.stringify(defaultValue)),
            description + (example === null ? "" : `; for instance ${code(example)}`),
          ])
        ),
        "",
      ];
    }),
  ];
}

function parameterLines({ title, introduction, meanings, presets }: ParameterReference): string[] {
  const [[first, values] = ["", {}], ...others] = Object.entries(presets);
  return [
    `## ${title}`,
    "",
    introduction,
    "",
    `| parameter | \`${first}\` | meaning |`,
    "|---|---|---|",
    ...Object.entries(meanings).map(([key, meaning]) =>
      row([code(key), key in values ? code(JSON.stringify(values[key])) : "", meaning])
    ),
    "",
    ...others.map(([name, of]) => `- \`${name}\`: ${changesOf(values, of)}`),
    ...(others.length === 0 ? [] : [""]),
  ];
}

function changesOf(
  base: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, unknown>>,
): string {
  const changes = Object.entries(values)
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(base[key]))
    .map(([key, value]) => code(`${key} ${JSON.stringify(value)}`));
  return changes.length === 0 ? "the same" : changes.join(", ");
}

function row(cells: readonly string[]): string {
  return `| ${
    cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")
  } |`;
}

function code(text: string): string {
  return `\`${text}\``;
}
