/** Whether the bracket that opens the text is the one that its end closes. */
export function spans(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\" && !/[{}]/.test(text[i + 1] ?? "")) continue;
    if (/[([{]/.test(text[i] ?? "")) depth++;
    else if (/[)\]}]/.test(text[i] ?? "") && --depth === 0) return i === text.length - 1;
  }
  return false;
}

/** Splits outside brackets; with `thousands`, commas that group digits of one number do not part it. */
export function splitTop(text: string, separator: string, thousands = true): string[] {
  const parts: string[] = [];
  let depth = 0, start = 0;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i] ?? "";
    if (/[([{]/.test(sign)) depth++;
    else if (/[)\]}]/.test(sign)) depth--;
    else if (
      depth === 0 && text.startsWith(separator, i) && !isInside(text, i, separator, thousands)
    ) {
      parts.push(text.slice(start, i));
      start = i + separator.length;
      i = start - 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function isInside(text: string, index: number, separator: string, thousands: boolean): boolean {
  if (separator !== ",") return separator === "=" && /[<>!]/.test(text[index - 1] ?? "");
  if (!thousands) return false;
  // `1,234,567` is one number; `1,2,345` and `101,102,103,104,105` are lists as soon as one group is not of three.
  const run = /(?:^|[^\d,.])(\d{1,3}(?:,\d{3})+)(?![\d,])/g;
  for (let match = run.exec(text); match !== null; match = run.exec(text)) {
    const start = match.index + match[0].length - (match[1]?.length ?? 0);
    if (index > start && index < start + (match[1]?.length ?? 0)) return true;
  }
  return false;
}
