import { unifySpelling, withoutAnnouncement } from "./_spellings.ts";

/** Longer answers are not normalised: they are compared as they stand, and never sent to stage two. */
export const MAX_ANSWER_LENGTH = 1000;

const SYMBOLS: Readonly<Record<string, string>> = {
  "−": "-",
  "–": "-",
  "—": "-",
  "×": "\\times ",
  "·": "\\cdot ",
  "÷": "/",
  "≤": "\\le ",
  "≥": "\\ge ",
  "≠": "\\ne ",
  "∞": "\\infty ",
  "π": "\\pi ",
  "θ": "\\theta ",
  "√": "\\sqrt",
  "°": "^\\circ ",
  "∪": "\\cup ",
  "∩": "\\cap ",
  "∅": "\\emptyset ",
  "±": "\\pm ",
  "⟨": "(",
  "⟩": ")",
  "¢": " cents",
  "…": "...",
  "≈": "\\approx ",
  "∈": "\\in ",
  "ℝ": "\\mathbb{R}",
  "ℚ": "\\mathbb{Q}",
  "ℤ": "\\mathbb{Z}",
  "ℕ": "\\mathbb{N}",
  "ℂ": "\\mathbb{C}",
  "⋅": "\\cdot ",
  "∓": "\\mp ",
  "²": "^{2}",
  "³": "^{3}",
  "½": " 1/2",
  "¼": " 1/4",
  "¾": " 3/4",
  "：": ":",
  "，": ",",
  "（": "(",
  "）": ")",
  "。": ".",
  "％": "%",
  "\u00a0": " ",
  "\u2009": " ",
  "\u202f": " ",
};
const SYMBOL = new RegExp(`[${Object.keys(SYMBOLS).join("")}]`, "g");

/**
 * Brings an answer to one way of writing: delimiters, boxes, sizes, spacing, fraction and relation commands, currency. Knows nothing
 * of what the answer means; idempotent on what it returns. Text longer than {@linkcode MAX_ANSWER_LENGTH} is only trimmed.
 */
export function cleanAnswer(answer: string): string {
  if (answer.length > MAX_ANSWER_LENGTH) return answer.trim();
  let text = answer.replace(SYMBOL, (symbol) => SYMBOLS[symbol] ?? symbol);
  text = unwrapDelimiters(unwrapBoxes(fixBackslashes(text)));
  text = cleanCommands(cleanTypefaces(unifySpelling(text)));
  text = cleanNumerals(cleanWords(withoutAnnouncement(text.trim())).trim());
  return trimEnds(text);
}

/** Some writers double every backslash; a doubled one before a letter is a row break only inside a matrix. */
function fixBackslashes(text: string): string {
  const runs = text.match(/\\+/g) ?? [];
  if (runs.length > 0 && runs.every((run) => run.length % 2 === 0)) {
    return text.replace(/\\\\/g, "\\");
  }
  return text.includes("\\begin") ? text : text.replace(/\\\\(?=[a-zA-Z])/g, "\\");
}

function unwrapBoxes(text: string): string {
  return text.replace(/\\(?:boxed|fbox)\s*(?=\{)/g, "").replace(/\\(?:boxed|fbox)\s+/g, "");
}

function unwrapDelimiters(text: string): string {
  return text.replace(/\\\$/g, "").replace(/(?:^|[^\\])\\[()[\]]/g, (m) => m.slice(0, -2) + " ")
    .replace(/\$/g, "").replace(/(^|\s)\*\*(\S.*?)\*\*(?=\W|$)/g, "$1$2");
}

const SWITCH =
  "(?:bf|rm|it|sf|tt|sl|sc|em)|(?:bf|md)series|(?:it|up|sl|sc)shape|(?:rm|sf|tt)family|tiny|scriptsize|footnotesize|small|" +
  "normalsize|large|Large|LARGE|huge|Huge|ensuremath|boldsymbol|bm|pmb|underline|underbrace|mathstrut|mathop|mathord";
/** Switches, with or without an argument; `\rm` and `\bf` make words of theirs. */
const SWITCHES = new RegExp(
  `\\\\(?:rm|bf|sf|it)(?![a-zA-Z])\\s*(?!\\s*\\{)|\\\\(?!(?:rm|bf|sf|it)(?![a-zA-Z]))(?:${SWITCH})(?![a-zA-Z])\\s*`,
  "g",
);
const COLOURS = /\\(?:text|f|page)?color(?:box)?(?![a-zA-Z])\s*(?:\[[^\[\]]*\]\s*)?\{[^{}]*\}/g;
/** Typefaces around what is no word leave its braces alone. */
const TYPEFACES_OF_MATHS =
  /\\(?:(?:text|math)(?:bf|it|rm|sf|tt|normal)|mbox|hbox|rm|bf|it|sf)\s*(?=\{\s*(?:\\[a-zA-Z]|[-+\d\s.,%$^/*]+[}\\]))/g;

/** `\text{42 apples}`. */
const WHOLLY_TEXT = /^\s*\\(?:text\w*|math[a-z]+|mbox)\s*\{\s*(\\?\$?\s*-?\d[^{}]*)\}\s*$/;

/** How something looks: colours, sizes, typefaces, underlining, ticks and tombstones at the end. */
function cleanTypefaces(text: string): string {
  if (!text.includes("\\")) return text;
  return text
    .replace(WHOLLY_TEXT, "$1").replace(
      /\\text\{([^{}]*)\}\s*\/\s*\\text\{([^{}]*)\}/g,
      "\\text{$1/$2}",
    )
    .replace(COLOURS, "").replace(TYPEFACES_OF_MATHS, "").replace(SWITCHES, "")
    .replace(
      /(?:\s|~|\\[,;:! ]|\\q?quad)*\\(?:checkmark|blacksquare|square|Box|qed|hfill)\s*$/g,
      "",
    )
    .replace(/\{\s*(\\[,;:!])\s*\}/g, "$1")
    .replace(/\\overline\s*\{\s*([A-Z]{2,})\s*\}/g, "$1");
}

function cleanCommands(text: string): string {
  return text
    .replace(/\\(?:left|right|[bB]igg?[lrm]?)(?![a-zA-Z])\s*\.?(?=\W|$)/g, "")
    .replace(/\\(?:displaystyle|textstyle|limits|nolimits)(?![a-zA-Z])/g, "")
    .replace(/(?<=\w|\))\s*\*\*\s*(?=[\w({-])/g, "^")
    .replace(/(?<!\\)\\!\s*/g, "")
    .replace(/\{\s*,\s*\}/g, ",")
    .replace(/(?<!\\)\\(?:[,;:>]|\s)|~(?!=)/g, " ")
    .replace(/\\q?quad(?=[a-zA-Z](?:_|$))|\\q?quad(?![a-zA-Z])|\\h?space\{[^}]*\}/g, " ")
    .replace(/\\[dtc]frac(?![a-zA-Z])/g, "\\frac")
    .replace(/\\(?:leq|leqslant)(?![a-zA-Z])|<=/g, "\\le ").replace(
      /\\(?:geq|geqslant)(?![a-zA-Z])|>=/g,
      "\\ge ",
    )
    .replace(/\\neq(?![a-zA-Z])|!=/g, "\\ne ").replace(/\\lt(?![a-zA-Z])/g, "<").replace(
      /\\gt(?![a-zA-Z])/g,
      ">",
    )
    .replace(/\\cr(?![a-zA-Z])/g, "\\\\")
    .replace(/\\[lr]angle(?![a-zA-Z])/g, (name) => name === "\\langle" ? "(" : ")")
    .replace(/\\l[bB]race(?![a-zA-Z])/g, "\\{").replace(/\\r[bB]race(?![a-zA-Z])/g, "\\}")
    .replace(/\\(?:varnothing|O)(?![a-zA-Z])/g, "\\emptyset").replace(
      /\\(?:vert|mid)(?![a-zA-Z])/g,
      "|",
    )
    .replace(
      /\\(?:text(?:bf|it|rm|normal|sf|tt|sl|sc|md|up)|emph|mbox|hbox|mathrm|mathbf|mathit|mathsf|operatorname|rm|bf)\s*\{/g,
      "\\text{",
    )
    .replace(/\\frac\s*(\d)\s*([a-zA-Z\d])/g, "\\frac{$1}{$2}")
    .replace(/\\[dt]binom(?![a-zA-Z])/g, "\\binom")
    .replace(/\\binom(?:\s*(\d)|\s+([a-zA-Z]))\s*([a-zA-Z\d])/g, "\\binom{$1$2}{$3}")
    .replace(/\\binom\s*([a-zA-Z0-9])\s*\{/g, "\\binom{$1}{")
    .replace(/(\\binom\s*\{[^{}]*\})\s*([a-zA-Z0-9])/g, "$1{$2}")
    .replace(/\\frac\s*([a-zA-Z0-9])\s*\{/g, "\\frac{$1}{")
    .replace(/(\\frac\s*\{[^{}]*\})\s*([a-zA-Z0-9])/g, "$1{$2}")
    .replace(/\\sqrt\s*(\[\s*\w+\s*\])?\s*([a-zA-Z0-9])(?![a-zA-Z])/g, "\\sqrt$1{$2}")
    .replace(/(?<![\\a-zA-Z])sqrt\s*\(([^()]*)\)/g, "\\sqrt{$1}")
    .replace(/\{\s*(\w+)\s*\\choose\s*(\w+)\s*\}/g, "\\binom{$1}{$2}")
    .replace(/\\log\s*_\s*(?:e|\{\s*e\s*\})(?![a-zA-Z])/g, "\\ln ")
    .replace(/\^\s*\{\s*\\circ\s*\}/g, "^\\circ ");
}

const POWERS: Readonly<Record<string, number>> = {
  thousand: 3,
  million: 6,
  billion: 9,
  trillion: 12,
};
const BASES: Readonly<Record<string, number>> = {
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  twelve: 12,
  sixteen: 16,
};

/** Numerals that are written in more than one way: `4.5 million`, `5th`, `0.333...`, `101_{\text{two}}`. */
function cleanNumerals(text: string): string {
  // Plain numbers, which are most answers, have none of this.
  if (!/[a-zA-Z_]|\.\.\./.test(text)) return text;
  return text
    .replace(
      /(\d)\s*(\\text\{\s*)?(thousand|million|billion|trillion)(?![a-z])/gi,
      (_, digit, open, word) => `${digit} \\cdot 10^{${POWERS[word.toLowerCase()]}} ${open ?? ""}`,
    )
    .replace(
      /(\d)(?:\^?\s*\{?\s*\\text\{\s*(?:st|nd|rd|th)\s*\}\s*\}?|(?:st|nd|rd|th)(?![a-z]))/g,
      "$1",
    )
    .replace(/(\.\d*?)(\d)\2{2,}\s*(?:\.{3,}|\\[lc]?dots(?![a-z]))/g, "$1\\overline{$2}")
    .replace(/^\(\s*([\da-fA-F]+)\s*\)\s*(?=_)/, "$1")
    .replace(
      /(?<=[\da-fA-F])_\s*\{?\s*(?:\\text\{\s*)?([a-z]{3,7})\s*\}{0,2}$/,
      (all, name) => BASES[name] === undefined ? all : `_{${BASES[name]}}`,
    )
    .replace(/^(?=[a-fA-F]*\d)[\da-fA-F]+(?=_\{?\d+\}?$)/, (digits) => digits.toUpperCase());
}

/** `\pmod 7`, `\mod 7`, `(\text{mod } 7)`, `(mod 7)`. */
const MODULO =
  /(?:\(\s*)?\\[pb]?mod(?![a-zA-Z])\s*\{?\s*(\w+)\s*\}?\s*\)?|(?:\(\s*\\text\{\s*mod\s*\}|\\text\{\s*\(\s*mod\s*\}|\(\s*mod(?![a-z]))\s*(\w+)\s*\)/g;

function cleanWords(text: string): string {
  return text
    .replace(/^\s*(?:USD|EUR|GBP|US|Rs\.?)\s*(?=\d)/, "")
    .replace(
      /^\s*(?:=|\\approx|(?:approximately|approx\.?|about|roughly)(?![a-zA-Z]))\s*(?=.)/i,
      "",
    )
    .replace(/(?<![a-zA-Z])(?:is equal to|equals)(?![a-zA-Z])/g, "=")
    .replace(/(?<![\\a-zA-Z])pi(?![a-zA-Z])/g, "\\pi ")
    .replace(
      MODULO,
      (all, a, b) =>
        // `7 \bmod 3` is a number, `x \equiv 1 \bmod 3` is none.
        all.startsWith("\\bmod") && !text.includes("\\equiv")
          ? `\\bmod ${a ?? b}`
          : `\\pmod{${a ?? b}}`,
    )
    .replace(/\\text\{\s*,?\s*(?:and|or)\s*,?\s*\}/g, ",")
    .replace(/,?(?<![a-zA-Z])\b(?:and|or)\b(?![a-zA-Z])/g, ",").replace(/,\s*,/g, ",")
    .replace(
      /\s*(?:\\text\{\s*(?:percent|percentage|pct)\s*\}|\b(?:percent|percentage|pct)\b)/g,
      "\\%",
    )
    .replace(/\\?%/g, "\\%")
    .replace(/[€£¥₹₽]/g, "")
    .replace(/\+\s*\\infty/g, "\\infty").replace(
      /(?<![\\a-zA-Z])(?:infinity|inf|oo)(?![a-zA-Z])/g,
      "\\infty",
    )
    .replace(/\\text\{([a-zA-Z])\}/g, "$1").replace(/\\text\{\s*\}/g, "");
}

function trimEnds(text: string): string {
  let result = text.replace(/\s+/g, " ").trim();
  for (let before = ""; before !== result;) {
    before = result;
    result = unquote(result).replace(/(?<=.)(?:[.,;:]|\\\\|\\)$/s, "")
      .trim();
    if (result.startsWith("{") && closesAtEnd(result)) result = result.slice(1, -1).trim();
  }
  return result;
}

const QUOTES: readonly (readonly [string, string])[] = [
  ["``", "''"],
  ["**", "**"],
  ["__", "__"],
  ["\\text{``", "''}"],
  ['\\text{"', '"}'],
  ...["''", '""', "``", "**", "__", "“”", "‘’", "«»", "「」", "„“"].map((pair) =>
    [pair[0] ?? "", pair[1] ?? ""] as const
  ),
];
/** Pictures, such as a tick behind an answer. */
const PICTURES =
  /^(?:\p{Extended_Pictographic}|\ufe0f|\s)+|(?:\p{Extended_Pictographic}|\ufe0f|\s)+$/gu;

/** Takes quotes and emphasis off in pairs: a single `'` behind a value is a prime, a `*` a star. Pictures at the ends go as well. */
export function unquote(text: string): string {
  const plain = text.replace(PICTURES, "");
  const pair = QUOTES.find(([open, close]) =>
    plain.length > open.length + close.length && plain.startsWith(open) && plain.endsWith(close) &&
    !plain.slice(open.length, -close.length).includes(open)
  );
  if (pair !== undefined) return plain.slice(pair[0].length, -pair[1].length).trim();
  // Emphasis that begins or ends outside of the text.
  return plain.replace(/^(?:["`]|\*+(?=\s|[\w\\$(-]))+\s*|(?:\*\*+|`+)$/g, "");
}

function closesAtEnd(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return i === text.length - 1;
  }
  return false;
}

/** Text for equality of strings: no spaces but those between words, no braces around one sign. */
export function compactText(cleaned: string): string {
  return cleaned
    .replace(/\\text\{([^{}]*)\}/g, "$1")
    .replace(/([_^])\s*\{\s*([a-zA-Z0-9])\s*\}/g, "$1$2")
    .replace(/\\bmod\s*(\w+)/g, "\\pmod{$1}")
    .replace(/(\\[a-zA-Z]+) (?=[a-zA-Z])/g, "$1\u0000")
    .replace(/([a-zA-Z]{2,}) (?=[a-zA-Z]{2,})/g, "$1\u0000")
    .replace(/(\d) (?=\d)/g, "$1\u0000")
    .replace(/ |\.$/g, "").replaceAll("\u0000", " ");
}
