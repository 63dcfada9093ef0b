/** Says what is wrong with JSON text, where, and what to do about it. */

/** A fault of JSON text. */
export interface JsonFault {
  readonly line: number;
  readonly reason: string;
}

/** Cures for what the parser finds, by the words in which it says so. */
const CURES: readonly (readonly [RegExp, string])[] = [
  [/Bad (escaped character|Unicode escape)/, 'a backslash is written twice in JSON: "\\\\frac"'],
  [/Unterminated string/, "a line break within a text is written \\n, or the file was cut off"],
  [/Expected (double-quoted )?property name/, "names and texts stand in double quotes"],
  [/after JSON/, "a line holds one object and nothing behind it"],
  [/after minus sign/, "infinity is no number of JSON; write it as a text"],
  [/control character/i, "write it as an escape, for instance \\n, or leave it out"],
];

/** Fault of a text that the parser refused with `error`. */
export function jsonFault(text: string, error: unknown): JsonFault {
  const message = error instanceof Error ? error.message : String(error);
  const place = /\(line (\d+) column (\d+)\)/.exec(message);
  if (place === null) return searchedFault(text);
  const what = message.replace(/( in JSON)? at position.*$/s, "");
  const cure = CURES.find(([pattern]) => pattern.test(what))?.[1];
  return {
    line: Number(place[1]),
    reason: `${what}, column ${place[2]}${cure === undefined ? "" : `; ${cure}`}`,
  };
}

/** A text, number, word or sign, with the white space before it. */
const TOKEN =
  // deno-lint-ignore no-control-regex
  /\s*("(?:[^"\\\x00-\x1f]+|\\["\\/bfnrtu])*"|-?\d[\d.eE+-]*|true\b|false\b|null\b|[{}[\],:])/y;

/** The first place that can be no JSON: the parser names none for what is only a wrong word. */
function searchedFault(text: string): JsonFault {
  const tokens = new RegExp(TOKEN);
  let before = "";
  let comma = 0;
  for (;;) {
    const from = tokens.lastIndex;
    const token = tokens.exec(text)?.[1];
    if (token === undefined) {
      const at = from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
      return faultAt(text, at, wordFault(text.slice(at, at + 20)));
    }
    if (before === "," && (token === "]" || token === "}")) {
      return faultAt(text, comma, `a comma before "${token}"; leave it out`);
    }
    if (token === ",") comma = tokens.lastIndex - 1;
    before = token;
  }
}

function wordFault(rest: string): string {
  const word = /^-?[A-Za-z]+/.exec(rest)?.[0] ?? rest.charAt(0);
  if (word === "") return "it ends too early";
  const isPython = /^(-?(NaN|Infinity|nan|inf)|None|True|False)$/.test(word);
  return `"${word}" is no JSON${isPython ? "; write null, true, false, or a text" : ""}`;
}

function faultAt(text: string, at: number, what: string): JsonFault {
  const before = text.slice(0, at);
  const column = at - before.lastIndexOf("\n");
  return { line: before.split("\n").length, reason: `${what}, column ${column}` };
}
