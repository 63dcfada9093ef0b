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
  "≈": "\\approx ",
  "∈": "\\in ",
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
  text = cleanCommands(text);
  text = cleanWords(text);
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
    .replace(/\\l[bB]race(?![a-zA-Z])/g, "\\{").replace(/\\r[bB]race(?![a-zA-Z])/g, "\\}")
    .replace(/\\(?:varnothing|O)(?![a-zA-Z])/g, "\\emptyset").replace(
      /\\(?:vert|mid)(?![a-zA-Z])/g,
      "|",
    )
    .replace(
      /\\(?:text(?:bf|it|rm|normal|sf)|mbox|hbox|mathrm|mathbf|mathit|mathsf|operatorname|rm|bf)\s*\{/g,
      "\\text{",
    )
    .replace(/\\frac\s*(\d)\s*([a-zA-Z\d])/g, "\\frac{$1}{$2}")
    .replace(/\\frac\s*([a-zA-Z0-9])\s*\{/g, "\\frac{$1}{")
    .replace(/(\\frac\s*\{[^{}]*\})\s*([a-zA-Z0-9])/g, "$1{$2}")
    .replace(/\\sqrt\s*([a-zA-Z0-9])(?![a-zA-Z])/g, "\\sqrt{$1}")
    .replace(/(?<![\\a-zA-Z])sqrt\s*\(([^()]*)\)/g, "\\sqrt{$1}")
    .replace(/\^\s*\{\s*\\circ\s*\}/g, "^\\circ ");
}

function cleanWords(text: string): string {
  return text
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
    result = result.replace(/^["'`*]+|["'`*]+$/g, "").replace(/(?<=.)(?:[.,;:]|\\\\|\\)$/s, "")
      .trim();
    if (result.startsWith("{") && closesAtEnd(result)) result = result.slice(1, -1).trim();
  }
  return result;
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
    .replace(/(\\[a-zA-Z]+) (?=[a-zA-Z])/g, "$1\u0000")
    .replace(/([a-zA-Z]{2,}) (?=[a-zA-Z]{2,})/g, "$1\u0000")
    .replace(/(\d) (?=\d)/g, "$1\u0000")
    .replace(/ |\.$/g, "").replaceAll("\u0000", " ");
}
