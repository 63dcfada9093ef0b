/** A report as Markdown: the same tables, the best path of every example tree; charts are in the HTML page. */
import type { Block, Report, ResultTable, Row, Section, TreeBlock, TreeNode } from "./document.ts";
import { formatColumn, isNumeric, nodeLabel } from "./format.ts";

/** Renders a report as one Markdown document. */
export function renderMarkdown(report: Report): string {
  return [
    `# ${inline(report.title)}`,
    `${inline(report.subtitle)}. Made ${report.generatedAt.toISOString()}.`,
    ...report.sections.flatMap(sectionParts),
  ].join("\n\n") + "\n";
}

function sectionParts({ title, lead, blocks }: Section): readonly string[] {
  return [`## ${inline(title)}`, inline(lead), ...blocks.flatMap(blockParts)];
}

function blockParts(block: Block): readonly string[] {
  switch (block.type) {
    case "text":
      return [inline(block.text)];
    case "table":
      return [markdownTable(block)];
    case "chart":
      return [];
    case "verbatim":
      return [`**${inline(block.title)}**`, fenced(block.text, "json")];
    case "tree":
      return treeParts(block);
  }
}

/** Renders one table with its title. */
export function markdownTable({ title, columns, rows }: ResultTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    `**${inline(title)}**`,
    "",
    line(columns.map(({ label }) => inline(label))),
    line(columns.map((column) => isNumeric(column) ? "---:" : "---")),
    ...rows.map((row: Row) => line(columns.map((column) => inline(formatColumn(row, column))))),
  ].join("\n");
}

function treeParts(tree: TreeBlock): readonly string[] {
  return [
    `**${inline(tree.title)}**`,
    inline(tree.question),
    `Reference: ${inline(tree.reference)}. The best path of ${tree.nodes} nodes:`,
    ...bestPath(tree.roots).flatMap((node) => [
      inline(nodeLabel(node)) + verdictText(node),
      fenced(node.text, ""),
    ]),
  ];
}

function bestPath(roots: readonly TreeNode[]): readonly TreeNode[] {
  const best = roots.find(({ isBest }) => isBest);
  return best === undefined ? [] : [best, ...bestPath(best.children)];
}

function verdictText({ correct }: TreeNode): string {
  return correct === null ? "" : correct ? ", right" : ", wrong";
}

/** Text that stands for itself: nothing in it is markup, HTML included, and it stays on its line. */
function inline(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*_[\]|~#$!]/g, (character) => `\\${character}`)
    .trim();
}

/** A block of code whose fence does not occur in it. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
