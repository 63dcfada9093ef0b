import { canonicalJson, type Json } from "../core/mod.ts";

/** One place where two specifications differ. `undefined` = the path does not exist on that side. */
export interface SpecChange {
  /** Keys joined by dots, e.g. `search.rollouts`. */
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** Where two JSON values differ, by path, in the order of sorted keys. Lists are compared as a whole. */
export function specChanges(before: Json, after: Json): SpecChange[] {
  return changesAt("", before, after);
}

/** One change in words: `search.rollouts: 8 -> 16`. Long values are cut. */
export function describeChange(change: SpecChange): string {
  return `${change.path}: ${shortJson(change.before)} -> ${shortJson(change.after)}`;
}

function changesAt(
  path: string,
  before: Json | undefined,
  after: Json | undefined,
): SpecChange[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) =>
      changesAt(path === "" ? key : `${path}.${key}`, before[key], after[key])
    );
  }
  const isSame = before !== undefined && after !== undefined &&
    canonicalJson(before) === canonicalJson(after);
  return isSame || (before === undefined && after === undefined) ? [] : [{ path, before, after }];
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shortJson(value: Json | undefined): string {
  if (value === undefined) return "absent";
  const text = canonicalJson(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
