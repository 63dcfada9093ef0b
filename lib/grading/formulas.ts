/** A formula in delimiters within prose. */
export interface Formula {
  readonly start: number;
  /** Behind the closing delimiter. */
  readonly end: number;
  readonly content: string;
}

/**
 * Finds what stands between `$`, `$$`, `\(` and `\[` and their partners. Linear by construction: every search for a partner goes on
 * where the last one for the same sign ended.
 */
export function findFormulas(text: string): readonly Formula[] {
  const found: Formula[] = [];
  const round = nextOf(text, "\\)"), square = nextOf(text, "\\]"), dollar = nextOf(text, "$");
  const line = nextOf(text, "\n");
  const add = (start: number, from: number, to: number, closing: number): number => {
    found.push({ start, end: to + closing, content: text.slice(from, to) });
    return to + closing;
  };
  for (let at = 0; at < text.length;) {
    const sign = text[at], next = text[at + 1];
    if (sign === "\\") {
      const close = next === "(" ? round(at + 2) : next === "[" ? square(at + 2) : -1;
      const isBroken = next === "(" && isBetween(line(at + 2), close);
      at = close > at + 2 && !isBroken ? add(at, at + 2, close, 2) : at + 2;
    } else if (sign !== "$") at++;
    else if (next === "$") {
      const close = dollar(at + 2);
      at = close > at + 2 && text[close + 1] === "$" ? add(at, at + 2, close, 2) : at + 2;
    } else {
      const close = closingDollar(text, at + 1, dollar);
      const isOpen = at === 0 || !/\d/.test(text[at - 1] ?? "");
      at = isOpen && close > 0 && !isBetween(line(at + 1), close)
        ? add(at, at + 1, close, 1)
        : at + 1;
    }
  }
  return found;
}

/** The text with a space in place of every formula. */
export function withoutFormulas(text: string): string {
  let rest = "", from = 0;
  for (const { start, end } of findFormulas(text)) {
    rest += `${text.slice(from, start)} `;
    from = end;
  }
  return rest + text.slice(from);
}

const isBetween = (index: number, end: number): boolean => index >= 0 && index < end;

/** Searches for a sign from positions that never go back. */
function nextOf(text: string, sign: string): (from: number) => number {
  let known = -2;
  return (from) => {
    if (known !== -1 && known < from) known = text.indexOf(sign, from);
    return known;
  };
}

/** The next dollar sign that is not escaped. */
function closingDollar(text: string, from: number, next: (from: number) => number): number {
  let close = next(from);
  while (close > 0 && text[close - 1] === "\\") close = next(close + 1);
  return close;
}
