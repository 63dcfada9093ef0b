import { holdsAmbiguousCharacter } from "./step_text.ts";

/** How deep brackets may nest before the text is taken as it is. */
const MAX_NESTING = 200;

const STRING_PREFIX = /^(?:[rRuUbBfF]|[rRbBfF]{2})?(?="|')/;
const NAME_OR_NUMBER = /^(?:\p{XID_Start}|_|\d|\.\d)(?:[\p{XID_Continue}.]|(?<=[eE])[+-](?=\d))*/u;
const OPERATOR =
  /^(?:\*\*=|\/\/=|>>=|<<=|\.\.\.|\*\*|\/\/|>>|<<|<=|>=|==|!=|->|:=|[-+*/%&|^@]=|[-+*/%&|^~<>()[\]{},:;.=@!])/;

/**
 * Python without what does not change its meaning: comments, blank lines, spacing within a line, line breaks within brackets and
 * after a backslash; indentation counts by its depth, not by its width. Two programs with equal normal forms have equal syntax
 * trees; the reverse need not hold.
 *
 * A tokenizer, not a parser, and cautious: text that it does not understand is returned as it is, so that such programs are equal
 * only when they are identical.
 */
export function normalizeCode(code: string): string {
  const lines = tokenLines(code);
  if (lines === null) return code;
  const indents = [0];
  const result: string[] = [];
  for (const line of lines) {
    while (line.indent < (indents.at(-1) ?? 0)) indents.pop();
    const current = indents.at(-1) ?? 0;
    if (line.indent > current) indents.push(line.indent);
    result.push("\t".repeat(indents.length - 1) + line.tokens.join(" "));
  }
  // A dedent to a width that no line above has is an error of the program; keep its text apart from all others.
  const isWellIndented = lines.every((line, i) =>
    i === 0 || line.indent >= (lines[i - 1]?.indent ?? 0) ||
    lines.slice(0, i).some((above) => above.indent === line.indent)
  );
  return isWellIndented ? result.join("\n") : code;
}

/**
 * Whether a piece of a program is surely one by itself, as far as its layout goes: what stands before and behind it begins and ends
 * no statement of it. Cautious as {@linkcode normalizeCode} is.
 */
export function isWholeCode(code: string): boolean {
  const lines = tokenLines(code);
  if (lines === null) return false;
  const [first] = lines;
  const last = lines.at(-1);
  if (first === undefined || last === undefined) return true;
  return first.indent === 0 && !CONTINUATIONS.has(first.tokens[0] ?? "") &&
    last.tokens.at(-1) !== ":" && last.tokens[0] !== "@";
}

/** Words that go on with a statement of the lines above. */
const CONTINUATIONS = new Set(["elif", "else", "except", "finally", "case"]);

interface TokenLine {
  readonly indent: number;
  readonly tokens: string[];
}

/** Logical lines; `null` when the text is no Python that this tokenizer understands. */
function tokenLines(code: string): readonly TokenLine[] | null {
  const lines: TokenLine[] = [];
  let rest = code.replaceAll("\r\n", "\n");
  if (holdsAmbiguousCharacter(rest)) return null;
  let depth = 0;
  let line: TokenLine | null = null;
  while (rest !== "") {
    if (line === null) {
      const indent = /^[ ]*/.exec(rest)?.[0].length ?? 0;
      rest = rest.slice(indent);
      if (rest.startsWith("\t") || rest.startsWith("\f")) return null;
      line = { indent, tokens: [] };
    }
    const token = nextToken(rest);
    if (token === null) return null;
    rest = rest.slice(token.length);
    // At the start of a line it splits the indentation, by rules of its own.
    if (token === "\\\n" && depth === 0 && line.tokens.length === 0) return null;
    if (token === "\n") {
      if (depth > 0) continue;
      if (line.tokens.length > 0) lines.push(line);
      line = null;
    } else if (!/^(?:[ \t\f]|#|\\\n)/.test(token)) {
      line.tokens.push(token);
      if ("([{".includes(token)) depth++;
      if (")]}".includes(token)) depth--;
      if (depth < 0 || depth > MAX_NESTING) return null;
    }
  }
  if (depth !== 0) return null;
  if (line !== null && line.tokens.length > 0) lines.push(line);
  return lines;
}

/** The token, comment, space or line break at the start of a text. */
function nextToken(text: string): string | null {
  if (text.startsWith("\n")) return "\n";
  const plain = /^(?:[ \t\f]+|#[^\n]*|\\\n)/.exec(text)?.[0];
  if (plain !== undefined) return plain;
  const prefix = STRING_PREFIX.exec(text)?.[0];
  if (prefix !== undefined) return stringToken(text, prefix);
  return NAME_OR_NUMBER.exec(text)?.[0] ?? OPERATOR.exec(text)?.[0] ?? null;
}

function stringToken(text: string, prefix: string): string | null {
  const quote = /^(?:"""|'''|"|')/.exec(text.slice(prefix.length))?.[0];
  if (quote === undefined) return null;
  const start = prefix.length + quote.length;
  for (let i = start; i < text.length; i++) {
    if (text[i] === "\\") {
      i++;
    } else if (text[i] === "\n" && quote.length === 1) {
      return null;
    } else if (text.startsWith(quote, i)) {
      const body = text.slice(start, i);
      // Since Python 3.12 the fields of an f-string may hold quotes and comments: anything but plain fields is not understood.
      if (/f/i.test(prefix) && !hasPlainFields(body)) return null;
      return text.slice(0, i + quote.length);
    }
  }
  return null;
}

function hasPlainFields(body: string): boolean {
  let depth = 0;
  for (const character of body.replaceAll("{{", "").replaceAll("}}", "")) {
    if (character === "{") depth++;
    if (character === "}") depth--;
    if (depth < 0 || (depth > 0 && character === "#")) return false;
  }
  return depth === 0;
}
