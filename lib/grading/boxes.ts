/** Result of reading the boxes of a text. */
export interface Boxes {
  /** Content of the last box, or of the last run of boxes, parted by commas; `null` when there is none. */
  readonly answer: string | null;
  /** The last box is never closed. */
  readonly isTruncated: boolean;
}

/** A run of more boxes than this is no list of answers. */
const MAX_RUN = 64;
/** Between two boxes of one list: commas, "and", "or", delimiters, spacing, and `y =`. */
const BETWEEN =
  /^(?:[\s,;$]|\\[()[\]\\,;:!]|\\q?quad|\\text\s*\{\s*,?\s*(?:and|or)?\s*\}|\b(?:and|or)\b|[a-zA-Z](?:_\{?\w\}?)?\s*=)*$/;

interface Box {
  readonly start: number;
  readonly end: number;
  readonly content: string;
}

/** The last `\boxed{…}` or `\fbox{…}`, with the boxes of the same list before it. Linear in the length of the text. */
export function lastBoxes(text: string): Boxes {
  let box = boxBefore(text, text.length);
  if (box === null) return { answer: null, isTruncated: false };
  if (box === "open") return { answer: null, isTruncated: true };
  const percent = /^\s*\$?\s*(?:\\?%|percent\b|pct\b)/.test(text.slice(box.end, box.end + 40))
    ? "\\%"
    : "";
  const parts = [box.content + percent];
  for (let visited = 0; visited < MAX_RUN; visited++) {
    const before: Box | "open" | null = boxBefore(text, box.start);
    if (before === null || before === "open") break;
    // A box that ends behind this one holds it.
    if (before.end > box.start || box.start - before.end > 80) break;
    const between = text.slice(before.end, box.start);
    if (!BETWEEN.test(between) || (between.match(/\b(?:and|or)\b/g)?.length ?? 0) > 1) break;
    // A box that is repeated is the same answer once more.
    if (before.content !== parts[0]) parts.unshift(before.content);
    box = before;
  }
  return { answer: parts.join(", "), isTruncated: false };
}

function boxBefore(text: string, limit: number): Box | "open" | null {
  const command = commandBefore(text, limit);
  if (command === null) return null;
  const { start } = command;
  let open = command.end;
  while (text[open] === " ") open++;
  if (text[open] !== "{") {
    const word = /^[^\s$\\]+/.exec(text.slice(open, open + 100))?.[0].replace(/[.,;]$/, "") ?? "";
    return word === "" ? "open" : { start, end: open + word.length, content: word };
  }
  const end = closingBrace(text, open);
  return end < 0 ? "open" : { start, end: end + 1, content: text.slice(open + 1, end).trim() };
}

/** The last `\boxed` or `\fbox` that starts before `limit`; one search for both, or a long text is read once for each box. */
function commandBefore(text: string, limit: number): { start: number; end: number } | null {
  for (let at = limit + 1; at >= 0;) {
    at = text.lastIndexOf("box", at);
    if (at < 1) return null;
    const boxed = at - 1, fbox = at - 2;
    if (boxed < limit && text.startsWith("\\boxed", boxed)) return { start: boxed, end: at + 5 };
    if (fbox < limit && text.startsWith("\\fbox", fbox)) return { start: fbox, end: at + 3 };
    at--;
  }
  return null;
}

function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 92) i++;
    else if (code === 123) depth++;
    else if (code === 125 && --depth === 0) return i;
  }
  return -1;
}
