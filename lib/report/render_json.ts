/** A report as JSON: the same numbers, unrounded, with the points of every chart. */
import type { Report } from "./document.ts";

/** One line of JSON. Its `version` changes with its form. */
export function renderJson(report: Report): string {
  const { version, title, subtitle, generatedAt, sections } = report;
  return JSON.stringify({
    version,
    title,
    subtitle,
    generated_at: generatedAt.toISOString(),
    sections: sections.map(({ id, title, lead, blocks }) => ({
      id,
      title,
      lead,
      tables: blocks.filter(({ type }) => type === "table"),
      charts: blocks.filter(({ type }) => type === "chart"),
      texts: blocks.filter(({ type }) => type === "verbatim" || type === "text"),
      trees: blocks.filter(({ type }) => type === "tree"),
    })),
  });
}
