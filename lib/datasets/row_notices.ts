import type { ReadOptions } from "./dataset.ts";

/** Rows that a reader left out or mended, collected for one sentence of each kind. Its two handlers are options of the reader. */
export class RowNotices implements Pick<ReadOptions, "onMissingAnswer" | "onMended"> {
  readonly #missing = new Set<number>();
  readonly #mended = new Set<number>();

  /** Notes a row that has no reference answer. */
  readonly onMissingAnswer = (line: number): void => {
    this.#missing.add(line);
  };

  /** Notes a row in which a lost backslash was put back. */
  readonly onMended = (line: number): void => {
    this.#mended.add(line);
  };

  /** Sentences for people; none when every row was taken as it is. */
  lines(): readonly string[] {
    return [
      ...sentence("left out, without a reference answer", this.#missing),
      ...sentence("mended, where LaTeX had lost a backslash", this.#mended),
    ];
  }
}

/** Lines that are named in a sentence at most. */
const NAMED_LINES = 10;

function sentence(what: string, lines: ReadonlySet<number>): readonly string[] {
  if (lines.size === 0) return [];
  const first = [...lines].slice(0, NAMED_LINES).join(", ");
  return [`${what}: ${lines.size} rows (lines ${first}${lines.size > NAMED_LINES ? ", …" : ""})`];
}
