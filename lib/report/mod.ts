/** Report of a database as a page, as Markdown and as JSON: the same numbers in each. */
export * from "./document.ts";
export { formatCell, formatColumn, isNumeric } from "./format.ts";
export * from "./render_html.ts";
export * from "./render_json.ts";
export * from "./render_markdown.ts";
export * from "./run_report.ts";
