/** Digits of other alphabets' full width and of mathematical typefaces: `５`, `𝟓`. */
const OTHER_DIGITS = /[\uff10-\uff19\u{1d7ce}-\u{1d7ff}]/gu;
/** An environment that only aligns one line. */
const ALIGNED =
  /^\s*\\begin\s*\{(align(?:ed)?\*?|gather(?:ed)?\*?|split|equation\*?)\}((?:(?!\\\\|\\begin).)*)\\end\s*\{\1\}\s*$/s;
const SCRIPT = String.raw`\s*(?:\{[^{}]*\}|\\[a-zA-Z]+|[a-zA-Z\d])\s*`;
const POWER_BEFORE_INDEX = new RegExp(
  String.raw`(?<=[a-zA-Z)}])\s*\^(${SCRIPT})_(${SCRIPT})(?![_^'])`,
  "g",
);

/** Rewrites what is typed in more than one way and means one thing: rare commands, the order of scripts, other digits. */
export function unifySpelling(text: string): string {
  const plain = text.replace(OTHER_DIGITS, (digit) => digit.normalize("NFKC"))
    .replace(
      /^(\s*-?\d{1,3})((?:['’]\d{3})+)(?=(?:\.\d+)?\s*$)/,
      (_, head, groups) => head + groups.replace(/['’]/g, ""),
    );
  if (!/[\\_{]/.test(plain)) return plain;
  return overToFraction(plain)
    .replace(ALIGNED, (_, _name, line) => line.replaceAll("&", ""))
    .replace(/\\[hv]?phantom\s*\{[^{}]*\}/g, "")
    .replace(/\{\s*:\s*\}/g, ":")
    .replace(/\\[lr]?Vert(?![a-zA-Z])/g, "\\|")
    .replace(/\\c?dots[bcm]?(?![a-zA-Z])/g, "\\ldots")
    .replace(/\\(max|min|gcd)\s*\\\{([^{}]*)\\\}/g, "\\$1($2)")
    .replace(/(?<![\\a-zA-Z])log(?=\s*_)/g, "\\log")
    .replace(
      /^(\s*-?\d+)\s*\^\s*\{?\s*\\circ\s*\}?\s*(\d{1,2})\s*(?:'|\^\s*\{?\s*\\prime\s*\}?)\s*$/,
      "$1\\frac{$2}{60}^\\circ",
    )
    .replace(POWER_BEFORE_INDEX, "_$2^$1");
}

/** More of them in one answer are left as they stand. */
const MAX_OVERS = 8;

/** `{1+\sqrt{5} \over 2}` as a `\frac`; without braces around it, the whole text. */
function overToFraction(input: string): string {
  let text = input;
  for (let count = 0; count < MAX_OVERS; count++) {
    const match = /\\over(?![a-zA-Z])\s*/.exec(text);
    if (match === null) break;
    const left = openedBefore(text, match.index), right = closedBehind(text, match.index);
    if ((left < 0) !== (right < 0)) break;
    const end = right < 0 ? text.length : right;
    const top = text.slice(left + 1, match.index),
      bottom = text.slice(match.index + match[0].length, end);
    const before = text.slice(0, Math.max(0, left));
    const fraction = `\\frac{${top.trim()}}{${bottom.trim()}}`;
    // The braces of `\sqrt{a \over b}` and `x^{a \over b}` are no mere grouping.
    const isArgument = left >= 0 && /[a-zA-Z\]}^_]\s*$/.test(before);
    text = before + (isArgument ? `{${fraction}}` : fraction) + text.slice(end + 1);
  }
  return text;
}

function openedBefore(text: string, at: number): number {
  let depth = 0;
  for (let i = at - 1; i >= 0; i--) {
    if (text[i - 1] === "\\") continue;
    if (text[i] === "}") depth++;
    else if (text[i] === "{" && depth-- === 0) return i;
  }
  return -1;
}

function closedBehind(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "{") depth++;
    else if (text[i] === "}" && depth-- === 0) return i;
  }
  return -1;
}

/** Words that name what follows: `\text{Total: } 12`, `\text{There are } 12 \text{ ways}`, `\text{Answer: 5}`. */
const LEADING_WORDS =
  /^\\text\{(?!\s*\(?(?:option|choice|[a-z]\b))(?=[^{}]*[a-z]{3})[^{}]*(?:[:=]|\b(?:is|are|be|equals))\s*\}\s*(?=\S)/i;
const LEADING_ANSWER =
  /^\\text\{\s*(?:the\s+)?(?:final\s+)?answer\s*(?:is\s*:?|[:=])\s*([^{}]+)\}$/i;

/** Takes words that only announce a value off its front. */
export function withoutAnnouncement(text: string): string {
  return text.replace(LEADING_ANSWER, "$1").replace(LEADING_WORDS, "");
}
