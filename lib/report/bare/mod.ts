/** The part of the room that loads no package: tables, for commands that draw no chart. */
export * from "../document.ts";
export { formatCell, formatColumn, isNumeric } from "../format.ts";
export { markdownTable } from "../render_markdown.ts";
