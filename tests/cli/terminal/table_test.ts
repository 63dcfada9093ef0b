import assert from "node:assert/strict";
import { terminalTable } from "../../../lib/cli/terminal/table.ts";
import { markdownTable, type ResultTable, textTable } from "../../../lib/report/mod.ts";

const TABLE: ResultTable = {
  title: "Scores",
  columns: [
    { key: "model", label: "model", format: "text" },
    { key: "score", label: "score", format: "percent", interval: ["low", "high"] },
    { key: "p", label: "p", format: "p" },
  ],
  rows: [
    { model: "base", score: 0.275, low: 0.21, high: 0.35, p: null },
    { model: "round 1", score: 0.85, low: 0.78, high: 0.9, p: 0.0001 },
  ],
};

Deno.test("terminal and Markdown show the same cells of a table, p-values included", () => {
  const cells = (line: string, border: string) =>
    line.split(border).slice(1, -1).map((cell) => cell.trim());
  const terminal = terminalTable(TABLE).split("\n").filter((line) => line.startsWith("│"))
    .map((line) => cells(line, "│"));
  const markdown = markdownTable(TABLE).split("\n").filter((line) => /^\| [^-]/.test(line))
    .map((line) => cells(line.replaceAll("&lt;", "<"), "|"));
  assert.deepEqual(terminal, markdown);
  assert.deepEqual(terminal[2], ["round 1", "85.0 % (78.0 to 90.0)", "< .001"]);
});

Deno.test("textTable() keeps the order of its cells, and no control character reaches the terminal", () => {
  const text = terminalTable(textTable("", ["b", "a"], [["1", "x\u001b[31m"]]));
  assert.match(text, /│ b │ a/);
  assert.match(text, /│ 1 │ x/);
  assert.ok(!text.includes("\u001b"));
});
