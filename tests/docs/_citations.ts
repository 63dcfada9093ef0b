/** Citations in a file: the pages that it names, with the headings and sections that it quotes of them. */

/** A place in a page that a text names. */
export interface Citation {
  /** Page as it is written: `docs/search.md`, `PROTOCOL.md`. */
  readonly page: string;
  /** Headings that are quoted of it. */
  readonly headings: readonly string[];
  /** Section that is named by its number; `null` where none is. */
  readonly section: number | null;
}

/** The name of a page; one that a program makes (`${folder}/x.md`) or takes (`"/tmp/x.md"`, `"x.md"`) is none. */
const PAGE = /(?<![\w./}${-])(?:\.\.\/)*((?:[\w-]+\/)*[\w-]+\.md)\b/g;

/** Text that may follow the name of a page: quoted headings, or the number of a section. */
const HEADINGS = /^`{0,2},? \(?((?:"[^"]+"(?:, | and |, and )?)+)/;
const SECTION = /^`{0,2}(?:,? section)? (\d+)/;

/** Lists the pages that a text names, however its lines are broken. */
export function citationsOf(text: string): readonly Citation[] {
  const joined = text.replaceAll(/\s*\n\s*(?:\*(?!\/)|\/\/|#(?!#))?\s*/g, " ");
  return [...joined.matchAll(PAGE)].flatMap((match) => {
    const [whole, page = ""] = match;
    const after = joined.slice(match.index + whole.length);
    const isLiteral = joined[match.index - 1] === '"' && after.startsWith('"');
    if (isLiteral) return [];
    const quoted = HEADINGS.exec(after)?.[1] ?? "";
    const section = SECTION.exec(after)?.[1];
    return [{
      page,
      headings: [...quoted.matchAll(/"([^"]+?),?"/g)].map(([, heading = ""]) => heading),
      section: section === undefined ? null : Number(section),
    }];
  });
}

/** Lists the headings of its own that a page refers to: `("Merging")`. */
export function ownHeadingsOf(markdown: string): readonly string[] {
  const joined = markdown.replaceAll(/\s*\n\s*/g, " ");
  return [...joined.matchAll(/\("([A-Z][^"]*)"\)/g)].map(([, heading = ""]) => heading);
}
