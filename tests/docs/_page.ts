/** Pages of the book as tests read them: their headings and the tables below a heading. */

/** Root of the repository. */
export const ROOT = new URL("../../", import.meta.url);

/** Reads a page of the repository. */
export function readPage(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** Lists the headings of a Markdown text, without what stands in fences. */
export function headingsOf(markdown: string): readonly string[] {
  const headings: string[] = [];
  let isFenced = false;
  for (const line of markdown.split("\n")) {
    if (line.startsWith("```")) isFenced = !isFenced;
    const heading = isFenced ? null : /^#{1,6} +(.+?) *$/.exec(line);
    if (heading?.[1] !== undefined) headings.push(heading[1]);
  }
  return headings;
}

/**
 * Reads the body rows of the first table below a heading, cell by cell.
 *
 * @throws {Error} If the page has no such heading, or no table below it.
 */
export function tableBelow(
  markdown: string,
  heading: string,
): readonly (readonly string[])[] {
  const lines = markdown.split("\n");
  const start = lines.findIndex((line) => /^#{1,6} /.test(line) && line.endsWith(` ${heading}`));
  const first = start < 0 ? -1 : lines.findIndex((line, i) => i > start && line.startsWith("|"));
  if (first < 0) throw new Error(`Cannot find a table below "${heading}"`);
  const after = lines.findIndex((line, i) => i > first && !line.startsWith("|"));
  return lines.slice(first + 2, after < 0 ? undefined : after)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")));
}
