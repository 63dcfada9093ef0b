/**
 * Cutting a whole program into steps. A step is a run of whole statements at the margin: a comment line opens one, and where a program
 * has no comments, a blank line does. Cautious: what the tokenizer does not understand stays in one piece.
 */
import { END_OF_CODE, END_OF_STEP } from "../core/mod.ts";
import { isWholeCode, normalizeCode } from "./normalize_code.ts";
import { joinedCode } from "./step_text.ts";

/** Cuts a program into the code of its steps. Joined by blank lines they are the program again, blank lines aside. */
export function cutProgram(program: string): readonly string[] {
  const lines = program.split("\n").filter((line) =>
    ![END_OF_STEP, END_OF_CODE].includes(line.trim())
  );
  const hasComments = lines.some((line) => line.startsWith("#"));
  let pieces: readonly string[] = [];
  let open: string[] = [];
  for (const [i, line] of lines.entries()) {
    const mayOpen = hasComments
      ? line.startsWith("#")
      : line !== "" && !/^\s/.test(line) && lines[i - 1]?.trim() === "";
    if (mayOpen) {
      const settled = withPiece(pieces, open.join("\n"));
      if (isStep(settled.at(-1) ?? "")) {
        pieces = settled;
        open = [];
      }
    }
    open.push(line);
  }
  return withOutput(withImports(withPiece(pieces, open.join("\n"))));
}

/** Imports alone are no step: they belong to the first one. */
function withImports(pieces: readonly string[]): readonly string[] {
  const [first, second, ...others] = pieces;
  if (first === undefined || second === undefined) return pieces;
  const statements = normalizeCode(first).split("\n");
  return statements.every((one) => /^(?:import|from) /.test(one))
    ? [joinedCode([first, second]), ...others]
    : pieces;
}

/** Adds a piece; one that is no statement by itself belongs to the one before. */
function withPiece(pieces: readonly string[], text: string): readonly string[] {
  const piece = text.replace(/^\n+/, "").trimEnd();
  const last = pieces.at(-1);
  if (piece === "") return pieces;
  return last === undefined || isStep(piece)
    ? [...pieces, piece]
    : [...pieces.slice(0, -1), `${last}\n${piece}`];
}

/** Whether text holds code, and nothing in it goes on. */
function isStep(text: string): boolean {
  return normalizeCode(text).trim() !== "" && isWholeCode(text);
}

/** The last step prints: what stands behind the last output belongs to it. */
function withOutput(pieces: readonly string[]): readonly string[] {
  const last = pieces.at(-1) ?? "";
  if (/\bprint\s*\(|^[\w.]+(?:\(.*\))?\s*$(?![^])|__main__/m.test(last)) return pieces;
  const printing = pieces.findLastIndex((piece) => /\bprint\s*\(/.test(piece));
  return printing < 0 ? pieces : [...pieces.slice(0, printing), joinedCode(pieces.slice(printing))];
}

/**
 * Takes the steps off the front of a program that it was asked to begin with. A reply that holds none of them goes on behind them.
 *
 * @returns `null` where the program begins anew instead, or holds nothing else.
 */
export function withoutBeginning(
  steps: readonly string[],
  begun: readonly string[],
): readonly string[] | null {
  if (begun.length === 0) return steps;
  const wanted = normalizeCode(joinedCode(begun));
  for (let count = 1; count <= steps.length; count++) {
    if (normalizeCode(joinedCode(steps.slice(0, count))) === wanted) {
      return count === steps.length ? null : steps.slice(count);
    }
  }
  const firstLine = (code: string) => normalizeCode(code).split("\n")[0];
  return firstLine(steps[0] ?? "") === firstLine(begun[0] ?? "") ? null : steps;
}
