/** A choice's letter, and what stands behind it. */
export interface Labelled {
  readonly letter: string;
  readonly rest: string;
}

const LABEL =
  /^(\\text\{\s*)?(?:(?:option|choice|answer)\s+)?(?:\(\s*([A-J])\s*\)|([A-J])\)|([A-J])[.:](?=[\s}]))\s*(\})?(\s*)[:.=]?\s*/i;

/** Parts `(B) 14`, `\text{(B)} 14`, `\text{B) 14}` and `B. 14`; `null` where no letter of a choice stands before a value. Takes cleaned text. */
export function splitLabel(text: string): Labelled | null {
  const match = LABEL.exec(text);
  if (match === null) return null;
  const [all, opened, round, half, dotted, closed, space] = match;
  const letter = round ?? half ?? dotted ?? "";
  const rest = text.slice(all.length);
  if (!/[A-J]/.test(letter) || rest === "" || (opened === undefined && closed !== undefined)) {
    return null;
  }
  if (opened !== undefined && closed === undefined) return { letter, rest: `\\text{${rest}` };
  const isApart = opened !== undefined || space !== "" || /\s$/.test(all);
  // `(A)(B)` and `(A)x` are products.
  if (/^[+*/^_!=,)<>|'}]/.test(rest) || (!isApart && !/^[\d.\\$]/.test(rest))) return null;
  return { letter, rest };
}
