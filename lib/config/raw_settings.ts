import { parse } from "jsonc-parser";

/** Where raw values are looked for; each source overrides those before it. */
export interface RawSources {
  /** Text of a configuration file. */
  readonly file: string | null;
  readonly environment: Readonly<Record<string, string>>;
  /** Flags by their names without dashes, e.g. `policy-model`. */
  readonly flags: Readonly<Record<string, string>>;
}

/**
 * Settings as they were written, by field name, without any check: for what has to look at them before the command does, which then
 * says what is wrong with them.
 */
export function rawSettings({ file, environment, flags }: RawSources): Record<string, unknown> {
  const value: unknown = file === null ? {} : parse(file, [], { allowTrailingComma: true });
  const fromFile = typeof value === "object" && value !== null ? value : {};
  return {
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
  };
}

/** `budget-tokens` is `budgetTokens`. */
function fieldName(name: string, separator: "-" | "_"): string {
  return name.split(separator)
    .map((word, i) => (i === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1)))
    .join("");
}
