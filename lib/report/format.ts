import { probabilityText, shortNumber } from "../core/mod.ts";
import { visible } from "./_text.ts";
import type { Cell, Column, Format, Row, TreeNode } from "./document.ts";

/** Text that stands where nothing was measured. */
export const ABSENT = "–";

/** A value as text, the same in every rendering. */
export function formatCell(value: Cell | undefined, format: Format): string {
  if (value === null || value === undefined) return ABSENT;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return visible(value);
  switch (format) {
    case "integer":
      return Math.round(value).toLocaleString("en-US");
    case "short":
      return shortNumber(value);
    case "percent":
      return `${(100 * value).toFixed(1)} %`;
    case "points":
      return `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)}`;
    case "p":
      return probabilityText(value);
    default:
      return formatNumber(value);
  }
}

/** A value of a row with what is written beside it: standard error, interval, values of seeds, a count. */
export function formatColumn(row: Row, column: Column): string {
  const { key, format, error, interval, others = [], count } = column;
  const text = formatCell(row[key], format);
  const at = (other: string | undefined) => other === undefined ? null : row[other] ?? null;
  const bare = (value: Cell) => formatCell(value, format).replace(" %", "");
  const [low, high] = [at(interval?.[0]), at(interval?.[1])];
  return [
    text,
    ...(at(error) === null ? [] : [`± ${bare(at(error))}`]),
    ...(low === null || high === null ? [] : [`(${bare(low)} to ${bare(high)})`]),
    ...(others.length === 0 || text === ABSENT
      ? []
      : [`(${others.map((other) => bare(at(other))).join(" ")})`]),
    ...(at(count) === null ? [] : [`(${formatCell(at(count), "integer")})`]),
  ].join(" ");
}

/** Whether a column's values are numbers, which stand to the right. */
export function isNumeric({ format }: Column): boolean {
  return format !== "text" && format !== "code" && format !== "yes";
}

/** A node of a tree in a line, without its verdict: what it is, how it ended, its values. */
export function nodeLabel(node: TreeNode): string {
  const what = node.kind === "failed" || node.status !== "ok"
    ? `${node.kind}, ${node.status}`
    : node.kind;
  const ppm = node.ppm === null ? "" : `, raw PPM ${formatCell(node.ppm, "number")}`;
  return `${what} ${node.nodeId}: Q ${formatCell(node.q, "number")}, ${node.visits} visits${ppm}`;
}

/** Three significant digits, thousands apart. */
function formatNumber(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  if (size < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}
