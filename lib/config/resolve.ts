import { parse, type ParseError, printParseErrorCode } from "jsonc-parser";
import { z } from "zod";
import { ConfigError, describeIssue, nearest } from "../core/mod.ts";
import { unwrapped } from "./_unwrap.ts";
import { renamedError, renamedSettings } from "./renamed.ts";

/** Where a value came from, lowest first: each one is overridden by the next. */
export const ORIGINS = ["default", "file", "environment", "flag"] as const;

/** Where a value came from. */
export type Origin = typeof ORIGINS[number];

/** Sources from which a configuration is resolved. */
export interface ConfigSources {
  /** Flags by field name; text, or `true` for a bare switch. */
  readonly flags: Readonly<Record<string, string | boolean>>;
  /** The whole environment; only `RSTAR_*` is looked at. */
  readonly environment: Readonly<Record<string, string>>;
  /** Settings within a group, each by its path, such as `sft.epochs`, in order. */
  readonly parts?: readonly (readonly [string, string])[] | undefined;
  /** Configuration file: JSON with comments. */
  readonly file?: { readonly path: string; readonly text: string } | undefined;
}

/** A configuration after its sources are merged and checked, with the source of each value. */
export interface Resolved<T> {
  readonly config: T;
  /** Where each top-level value came from. */
  readonly origins: Readonly<Record<string, Origin>>;
}

/** Variables that the harness reads for other purposes. */
const OTHER_VARIABLES = ["RSTAR_POLICY_API_KEY", "RSTAR_PPM_API_KEY", "RSTAR_CONFIG"];

/**
 * Resolves a configuration: defaults, then the file, then `RSTAR_*`, then the flags.
 *
 * @throws {ConfigError} Naming the field, where it came from, what was expected and, for an unknown key, what was meant.
 */
export function resolveConfig<S extends z.ZodObject>(
  schema: S,
  sources: ConfigSources,
): Resolved<z.output<S>> {
  const keys = Object.keys(schema.shape);
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = Object.fromEntries(keys.map((k) => [k, "default"]));
  const take = (entries: Readonly<Record<string, unknown>>, origin: Origin) => {
    for (const [key, value] of Object.entries(entries)) {
      values[key] = value;
      origins[key] = origin;
    }
  };
  if (sources.file !== undefined) take(readFile(schema, sources.file), "file");
  take(readEnvironment(schema, sources.environment), "environment");
  take(fromTexts(schema, checkedFlags(schema, sources.flags)), "flag");
  for (const [path, text] of sources.parts ?? []) {
    setPart(values, { schema, path, text });
    origins[path.split(".")[0] ?? ""] = "flag";
  }
  const result = schema.safeParse(values);
  if (!result.success) throw configError(result.error, { values, origins, schema, sources });
  return { config: result.data, origins };
}

function readFile(
  schema: z.ZodObject,
  file: { readonly path: string; readonly text: string },
): Record<string, unknown> {
  const errors: ParseError[] = [];
  const value: unknown = parse(file.text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    const line = file.text.slice(0, first.offset).split("\n").length;
    throw new ConfigError(
      `Cannot read configuration "${file.path}": line ${line}: ${faultName(first)}`,
    );
  }
  const object = z.record(z.string(), z.unknown()).safeParse(value);
  if (!object.success) {
    throw new ConfigError(
      `Cannot read configuration "${file.path}": expected an object of settings`,
    );
  }
  const keys = Object.keys(schema.shape);
  const renamed = renamedSettings(schema);
  for (const key of Object.keys(object.data)) {
    const now = renamed[key];
    if (now !== undefined) throw renamedError(`key "${key}" in "${file.path}"`, `"${now.key}"`);
    if (!keys.includes(key)) throw unknownKey(`key "${key}" in "${file.path}"`, key, keys);
  }
  return object.data;
}

function readEnvironment(
  schema: z.ZodObject,
  environment: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const names = new Map(Object.keys(schema.shape).map((key) => [variableName(key), key]));
  const renamed = new Map(
    Object.entries(renamedSettings(schema)).map(([old, { key }]) => [variableName(old), key]),
  );
  const texts: Record<string, string> = {};
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith("RSTAR_") || OTHER_VARIABLES.includes(name)) continue;
    const key = names.get(name);
    const now = renamed.get(name);
    if (now !== undefined) throw renamedError(`variable "${name}"`, variableName(now));
    if (key === undefined) throw unknownKey(`variable "${name}"`, name, [...names.keys()]);
    texts[key] = text;
  }
  return fromTexts(schema, texts);
}

/** The flags, none of which has an old name. */
function checkedFlags<Value>(
  schema: z.ZodObject,
  flags: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value>> {
  for (const [old, { key, flag }] of Object.entries(renamedSettings(schema))) {
    if (flags[old] !== undefined) {
      throw renamedError(`flag ${flagName(old)}`, flag ?? flagName(key));
    }
  }
  return flags;
}

/** Sets `sft.epochs` in the settings of `sft`, whatever their source. */
function setPart(
  values: Record<string, unknown>,
  { schema, path, text }: {
    readonly schema: z.ZodObject;
    readonly path: string;
    readonly text: string;
  },
): void {
  const [group = "", ...rest] = path.split(".");
  const field = schema.shape[group];
  const type = field === undefined ? null : fieldType(field);
  if (field === undefined || (type !== "object" && type !== "record")) {
    const groups = Object.keys(schema.shape).filter((key) => isJson(schema, key));
    throw new ConfigError(
      `Cannot use flag --${path}: "${group}" is no group of settings; groups are ${
        groups.join(", ")
      }`,
    );
  }
  values[group] = withPart(values[group], { field, rest, text });
}

function withPart(
  value: unknown,
  { field, rest: [key, ...rest], text }: {
    readonly field: z.core.$ZodType | undefined;
    readonly rest: readonly string[];
    readonly text: string;
  },
): unknown {
  if (key === undefined) {
    const type = field === undefined ? null : fieldType(field);
    return type === null || type === "union" ? jsonValue(text) : fromText(type, text);
  }
  const plain = field === undefined ? undefined : unwrapped(field);
  const below = plain instanceof z.ZodObject ? plain.shape[key] : undefined;
  const group = z.record(z.string(), z.unknown()).safeParse(value).data ?? {};
  return { ...group, [key]: withPart(group[key], { field: below, rest, text }) };
}

/** `budgetTokens` is `RSTAR_BUDGET_TOKENS`. */
export function variableName(key: string): string {
  return `RSTAR_${key.replaceAll(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`;
}

/** `budgetTokens` is `--budget-tokens`. */
export function flagName(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
}

/** Type of a field once `default`, `optional` and `nullable` are taken off: it decides how text becomes a value. */
export function fieldType(field: z.core.$ZodType): string {
  return unwrapped(field)._zod.def.type;
}

function fromTexts(
  schema: z.ZodObject,
  texts: Readonly<Record<string, string | boolean>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => {
      const field = schema.shape[key];
      return [key, field === undefined ? text : fromText(fieldType(field), text)];
    }),
  );
}

/** Text that is no number stays text, so that the schema says what it expected. */
function fromText(type: string, text: string | boolean): unknown {
  if (typeof text === "boolean") return text;
  const isNumber = text.trim() !== "" && Number.isFinite(Number(text));
  if (type === "number" || type === "union") return isNumber ? Number(text) : text;
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (type === "array") return text.split(",").map((part) => part.trim()).filter((p) => p !== "");
  if (type === "object" || type === "record") return jsonValue(text);
  return text;
}

/** `PropertyNameExpected` in words. */
function faultName({ error }: ParseError): string {
  return printParseErrorCode(error).replaceAll(/\B[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

/** JSON with comments; text that is none stays text: the parser would pass by what it cannot read. */
function jsonValue(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  return errors.length === 0 ? value : text;
}

function unknownKey(what: string, key: string, known: readonly string[]): ConfigError {
  return new ConfigError(`Cannot use ${what}: there is no such setting; ${hintFor(key, known)}`);
}

function hintFor(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === null ? `known: ${known.join(", ")}` : `did you mean "${meant}"?`;
}

/** Keys of the object that a path leads to. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const object = unwrapped(schema);
  if (!(object instanceof z.ZodObject)) return [];
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(object.shape);
  const field: z.core.$ZodType | undefined = object.shape[String(first)];
  return field === undefined ? [] : keysAt(field, rest);
}

interface ErrorContext {
  readonly values: Readonly<Record<string, unknown>>;
  readonly origins: Readonly<Record<string, Origin>>;
  readonly schema: z.ZodObject;
  readonly sources: ConfigSources;
}

function configError(error: z.ZodError, context: ErrorContext): ConfigError {
  return new ConfigError(error.issues.map((issue) => issueText(issue, context)).join("\n"));
}

function issueText(issue: z.core.$ZodIssue, context: ErrorContext): string {
  const key = String(issue.path[0] ?? "");
  const origin = context.origins[key] ?? "default";
  const place = {
    default: "configuration",
    file: `"${context.sources.file?.path ?? ""}"`,
    environment: `variable ${variableName(key)}`,
    flag: `flag ${flagName(key)}`,
  }[origin];
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const [unknown = ""] = issue.keys;
    return `Cannot use ${place}: there is no setting "${path}.${unknown}"; ${
      hintFor(unknown, keysAt(context.schema, issue.path))
    }`;
  }
  const value = context.values[key];
  const shown = value === undefined ? "" : ` ${JSON.stringify(value)}`;
  const isText = typeof value === "string" && isJson(context.schema, key);
  const expected = isText ? 'expected JSON, e.g. {"key": 1}' : describeIssue(issue);
  return `Cannot use ${place}:${shown} for "${path}": ${expected}`;
}

function isJson(schema: z.ZodObject, key: string): boolean {
  const field = schema.shape[key];
  return field !== undefined && ["object", "record"].includes(fieldType(field));
}
