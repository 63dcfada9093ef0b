/**
 * The program in a general model's reply. Models wrap their programs in Markdown fences, in tags, or in nothing, and write prose around
 * them; only the program is run and kept.
 */
import { normalizeCode } from "./normalize_code.ts";

/** Finds the program of a reply; `null` where there is none. */
export function programIn(reply: string): string | null {
  const text = reply.replaceAll(/\r\n?/g, "\n");
  const program = fencedProgram(text) ?? taggedProgram(text) ?? bareProgram(text);
  return program === null || normalizeCode(program).trim() === "" ? null : program;
}

/** The last fenced block that says it is Python, else the longest block that names no language. A last fence of the former may be open. */
export function fencedProgram(text: string): string | null {
  const blocks = [...text.matchAll(/^[ \t]*```([^\n`]*)\n([^]*?)(^[ \t]*```[ \t]*$|$(?![^]))/gm)]
    .map(([, language = "", code = "", end = ""]) => ({
      language: language.trim().toLowerCase(),
      code,
      isClosed: end !== "",
    }))
    .filter(({ code }) => code.trim() !== "");
  const python = blocks.findLast(({ language }) => /^(?:python3?|py)\b/.test(language));
  if (python !== undefined) return python.code.trimEnd();
  const unnamed = blocks.filter(({ language, isClosed }) => language === "" && isClosed)
    .toSorted((a, b) => b.code.length - a.code.length);
  return unnamed[0]?.code.trimEnd() ?? null;
}

/** The text between `<code>` and its end; the end may be missing. */
export function taggedProgram(text: string): string | null {
  return /<code>\n?([^]*?)(?:<\/code>|<end_of_code>|$(?![^]))/.exec(text)?.[1]?.trimEnd() ?? null;
}

/** The whole reply, where it begins as a program does. What follows a closing fence is prose. */
export function bareProgram(text: string): string | null {
  const own = text.split(/^[ \t]*```[ \t]*$/m)[0]?.trim() ?? "";
  return BEGINS_LIKE_CODE.test(own) ? own : null;
}

const BEGINS_LIKE_CODE =
  /^(?:#|import |from \w+ import |def |for |while |if |print\s*\(|[A-Za-z_][\w.]*(?:\s*,\s*[A-Za-z_]\w*)*\s*[-+*/]?=[^=])/;
