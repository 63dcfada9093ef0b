import Table from "cli-table3";
import { formatColumn, isNumeric, type ResultTable } from "../../report/bare/mod.ts";

/** Draws a table of a report for a terminal, with its title above it. */
export function terminalTable({ title, columns, rows }: ResultTable): string {
  const table = new Table({
    head: columns.map(({ label }) => label),
    colAligns: columns.map((column) => isNumeric(column) ? "right" : "left"),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(columns.map((column) => formatColumn(row, column)));
  return title === "" ? table.toString() : `${title}\n${table.toString()}`;
}
