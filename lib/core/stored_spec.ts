/**
 * Stored specifications: what a run, an evaluation, the rules of an export or the settings of a training meant when they were stored.
 *
 * Invariant: every specification carries its version (none is 0), and everything that reads one or compares it with today's goes by
 * way of its {@linkcode SpecKind}. So a field that is added later never makes a stored thing unreadable, nor another one.
 */
import { z } from "zod";
import { describeIssues } from "./describe_issue.ts";
import { UsageError } from "./errors.ts";
import { hashJson, type Json } from "./hash.ts";

/** JSON values by key. */
export type JsonObject = Readonly<Record<string, Json>>;

/** One kind of stored specification: its fields today, and what versions before lacked. */
export interface SpecKind<T> {
  /** Name for messages, e.g. `specification of a search`. */
  readonly name: string;
  /** Fields as of today, the version left out. */
  readonly schema: z.ZodType<T>;
  /**
   * Fields that each version added, the first one (version 1) first, with the value that means what was done before there were any.
   * Its length is today's version.
   */
  readonly added: readonly JsonObject[];
  /** Brings the specifications inside of it to their own versions of today. @default it holds none */
  readonly parts?: (spec: JsonObject) => JsonObject;
}

/**
 * A specification as it is stored, with its version and those of its parts. An optional field that is absent is named, with what it means.
 * What JSON cannot say (`undefined`) is left out.
 */
export function storedSpec(kind: SpecKind<unknown>, spec: object): JsonObject {
  const fields = z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(spec)));
  return upgradeSpec(kind, { ...fields, version: 0 });
}

/**
 * A stored specification as it would be stored today. One that is of another kind, or of a version that is not known yet, stays as it is:
 * it is compared with, and equals nothing.
 */
export function upgradeSpec(kind: SpecKind<unknown>, stored: JsonObject): JsonObject;
/** The same of any JSON: what is no object is no specification. */
export function upgradeSpec(kind: SpecKind<unknown>, stored: Json): Json;
/** Carries out both forms of the upgrade. */
export function upgradeSpec(kind: SpecKind<unknown>, stored: Json): Json {
  if (!isJsonObject(stored)) return stored;
  const version = versionOf(stored);
  const today = kind.added.length;
  if (version > today) return stored;
  const before = Object.assign({}, ...kind.added.slice(version));
  const spec = { ...before, ...stored, version: today };
  return kind.parts === undefined ? spec : kind.parts(spec);
}

/**
 * Reads a stored specification of any version.
 *
 * @throws {UsageError} If a later version of the project stored it, or it is damaged.
 */
export function readSpec<T>(kind: SpecKind<T>, stored: Json): T {
  const version = isJsonObject(stored) ? versionOf(stored) : 0;
  if (version > kind.added.length) {
    throw new UsageError(
      `Cannot read the stored ${kind.name}: expected version ${kind.added.length} or earlier, got ${version}; ` +
        "use the version of rstar that stored it, or a later one",
    );
  }
  const { version: _version, ...fields } = JsonFields.parse(upgradeSpec(kind, stored));
  const parsed = kind.schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `Cannot read the stored ${kind.name} of version ${version}: ${describeIssues(parsed.error)}`,
  );
}

/** Schema of a specification that lies in another one: {@linkcode readSpec} of what is there. */
export function partOfSpec<T>(kind: SpecKind<T>): z.ZodType<T, Json> {
  return z.json().transform((stored) => readSpec(kind, stored));
}

/** Specification that is wanted, and how stored ones are brought to its version. */
export interface WantedSpec {
  readonly spec: Json;
  /** Gives a stored specification as it would be stored today. @default as it is */
  readonly upgrade?: (stored: Json) => Json;
}

/** Whether a stored specification means what is wanted, whatever its version. */
export function isSameSpec(
  { spec, upgrade }: WantedSpec,
  stored: { readonly spec: Json; readonly specHash: string },
): boolean {
  const hash = hashJson(spec);
  return stored.specHash === hash ||
    (upgrade !== undefined && hashJson(upgrade(stored.spec)) === hash);
}

/** Applies a change to a field that holds an object; any other value stays. */
export function withField(
  spec: JsonObject,
  field: string,
  change: (value: JsonObject) => Json,
): JsonObject {
  const value = spec[field];
  return isJsonObject(value) ? { ...spec, [field]: change(value) } : spec;
}

/** Whether JSON is an object: no list, no `null`. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const JsonFields = z.record(z.string(), z.json()).catch({});

function versionOf({ version }: JsonObject): number {
  return typeof version === "number" ? version : 0;
}
