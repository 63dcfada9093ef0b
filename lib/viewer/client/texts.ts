import type { NodeDetail } from "../api.ts";

/** Longest beginning of a step in a table, in characters. */
const MAX_LINE = 120;

/** `code_error` as `code error`. */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

/** A number with two decimals; a dash where there is none. */
export function shortNumber(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}

/**
 * A count with commas between thousands: `12,345`. By hand, because the first `toLocaleString` of a page takes 20 ms, which the reader
 * of the page would wait for.
 */
export function wholeNumber(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Finds what a step says about itself: its first comment; `null` without one. */
export function commentOf({ code }: Pick<NodeDetail, "code">): string | null {
  const line = (code ?? "").split("\n").find((one) => one.trim().startsWith("#"));
  const comment = (line ?? "").replace(/^\s*#+\s*/, "").trim();
  return comment === "" ? null : comment.slice(0, MAX_LINE);
}

/** Last line of a step that does something: what it comes to; its last line at all where none does. */
export function lastLine({ code, text }: Pick<NodeDetail, "code" | "text">): string {
  const lines = (code ?? text).split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const line = lines.findLast((one) => !one.startsWith("#")) ?? lines.at(-1) ?? "";
  return line.slice(0, MAX_LINE);
}

/** Text that a node shows; a placeholder where it wrote nothing, never an empty place. A root is the question. */
export function shownText({ parent, text }: Pick<NodeDetail, "parent" | "text">): string {
  const trimmed = text.trim();
  return trimmed !== "" || parent === null ? trimmed : "(an empty text)";
}

/**
 * How likely the policy finds a step: the probability that it wrote the step with, where the tree grew from forks, else the step's share
 * of the segments that were drawn at its parent; `null` for a root.
 */
export function prior(
  { parent, multiplicity, probability }: Pick<
    NodeDetail,
    "parent" | "multiplicity" | "probability"
  >,
  siblings: readonly Pick<NodeDetail, "multiplicity">[],
): number | null {
  if (parent === null) return null;
  if (probability !== null) return probability;
  return multiplicity / siblings.reduce((sum, one) => sum + one.multiplicity, 0);
}
