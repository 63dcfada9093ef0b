import { parseJson } from "../core/bare/mod.ts";

/** Where raw values are looked for; each source overrides those before it. */
export interface RawSources {
  /** Parsed content of the configuration file; `undefined` without one. */
  readonly file: unknown;
  readonly environment: Readonly<Record<string, string>>;
  /** Flags by their names without dashes, e.g. `policy-model`. */
  readonly flags: Readonly<Record<string, string>>;
}

/**
 * Settings as they were written, by field name, without any check: for what has to look at them before the command does, which then
 * says what is wrong with them.
 */
export function rawSettings({ file, environment, flags }: RawSources): Record<string, unknown> {
  const fromFile = typeof file === "object" && file !== null ? file : {};
  return grouped({
    ...fromFile,
    ...Object.fromEntries(
      Object.entries(environment).flatMap(([name, text]) =>
        name.startsWith("RSTAR_")
          ? [[fieldName(name.slice("RSTAR_".length).toLowerCase(), "_"), text]]
          : []
      ),
    ),
    ...Object.fromEntries(
      Object.entries(flags).map(([name, text]) => [fieldName(name, "-"), text]),
    ),
  });
}

/** The settings with those within a group, such as `trainer.accelerate`, put into it. */
function grouped(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const whole: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    const [key = "", ...rest] = name.split(".");
    whole[key] = rest.length === 0 ? value : withPart(whole[key], rest, value);
  }
  return whole;
}

/** A group may be JSON, where it is given as a whole. */
function withPart(group: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const read = typeof group === "string" ? parseJson(group) : group;
  const known: Record<string, unknown> = typeof read === "object" && read !== null
    ? { ...read }
    : {};
  return { ...known, [key]: withPart(known[key], rest, value) };
}

/** Reads JSON with comments as far as it goes, without saying what is wrong with it. The parser is loaded when there is a file. */
export async function parseLeniently(text: string): Promise<unknown> {
  const { parse } = await import("jsonc-parser");
  return parse(text, [], { allowTrailingComma: true });
}

/** `budget-tokens` is `budgetTokens`. */
function fieldName(name: string, separator: "-" | "_"): string {
  return name.split(separator)
    .map((word, i) => (i === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1)))
    .join("");
}
