/**
 * The text of a code step, built from its code and read back: what is judged is what is kept. Search stores, merges, scores and
 * shows this text, export writes it, and whoever reads it gets the very code that ran.
 */
import {
  ANSWER,
  END_OF_ANSWER,
  END_OF_CODE,
  END_OF_OUTPUT,
  END_OF_STEP,
  type NodeKind,
  OUTPUT,
  outputBlock,
} from "../core/mod.ts";
import type { SegmentParent } from "./domain.ts";

/** Kinds of segments that hold code. */
export type StepKind = "step" | "code_end";

const STOP_OF = { step: END_OF_STEP, code_end: END_OF_CODE } as const satisfies Record<
  StepKind,
  string
>;

/** Text in front of the code, by what the segment continues. Behind a finished program its output has already ended the line. */
const OPENING = {
  root: "\n<code>\n",
  step: "\n\n",
  code_end: "<code>\n",
} as const satisfies Record<
  SegmentParent,
  string
>;

/** Marks that the harness alone writes, or that end a segment: inside of one a reader would take them for what they are not. */
const FORBIDDEN_MARKS = [
  OUTPUT,
  END_OF_OUTPUT,
  END_OF_STEP,
  END_OF_CODE,
  END_OF_ANSWER,
  "<|user|>",
  "<|assistant|>",
] as const;

/**
 * Characters that programs disagree about: Python reads on where `splitlines` and editors see a new line, ends at a null byte, takes
 * a form feed for indentation. Nobody writes them into a step on purpose.
 */
const AMBIGUOUS = /[^\P{Cc}\t\n]|[\u2028\u2029\ufeff]/u;

/** Pattern of the text behind a program; its group is what the program printed. */
const PRINTED = new RegExp(`^\n${OUTPUT}(.*)${END_OF_OUTPUT}\n$`, "s");

/** A step mark within a whole program, as {@linkcode stepText} lays it out. */
const INNER_MARK = `\n${END_OF_STEP}\n`;

/**
 * Finds the code of a segment in pieces, one a step; several where the segment is a whole program. It is what follows the last opening mark,
 * without Markdown fences and blank lines around it, every line break written alike.
 *
 * @returns `null` when there is none, or when no text could be built from it in which every reader finds the same code.
 */
export function stepCodes(body: string): readonly string[] | null {
  const text = body.replaceAll(/\r\n?/g, "\n");
  const opening = [...text.matchAll(/^[ \t]*(?:<code>[ \t]*)+\n?/gm)].at(-1);
  const own = opening === undefined ? text : text.slice(opening.index + opening[0].length);
  const codes = stepsOf(own.split("\n")).map((lines) => codeLines(lines).join("\n"))
    .filter((code) => code !== "");
  return codes.length > 0 && codes.every(isReadable) ? codes : null;
}

function stepsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const steps: string[][] = [[]];
  for (const line of lines) {
    if (line.trim() === END_OF_STEP) steps.push([]);
    else steps.at(-1)?.push(line);
  }
  return steps;
}

/** Lines without the blank ones and the fences at both ends. */
function codeLines(lines: readonly string[]): readonly string[] {
  const isCode = (line: string) => line.trim() !== "" && !/^\s*```(?:python|py)?\s*$/.test(line);
  const first = lines.findIndex(isCode);
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex(isCode) + 1);
}

/** Joins the code of steps to what runs. */
export function joinedCode(codes: readonly string[]): string {
  return codes.join("\n\n");
}

/** Writes the text of a segment, stop string included, in the layout of the format. A whole program keeps the marks of its steps. */
export function stepText(
  codes: readonly string[],
  { kind, parent }: { readonly kind: StepKind; readonly parent: SegmentParent },
): string {
  const code = kind === "code_end" ? codes.join(`${INNER_MARK}\n`) : joinedCode(codes);
  return `${OPENING[parent]}${code}\n${STOP_OF[kind]}`;
}

/**
 * Reads the code that a text shows, whatever follows its stop string: all that a reader of exported steps has to do.
 *
 * @returns `null` for a text that {@linkcode stepText} does not build.
 */
export function codeInText(text: string, kind: StepKind): string | null {
  const opening = Object.values(OPENING).find((one) => text.startsWith(one));
  const end = text.indexOf(`\n${STOP_OF[kind]}`);
  if (opening === undefined || end < opening.length) return null;
  return text.slice(opening.length, end).replaceAll(INNER_MARK, "\n");
}

/** A stored segment, as far as its text depends on it. */
export interface StoredSegment {
  readonly kind: NodeKind;
  readonly text: string;
  readonly code: string | null;
  /** Kind of text that it continues. */
  readonly parent: SegmentParent;
}

/**
 * Takes out of a stored segment's text what nothing has judged. Databases of earlier versions hold the text as drawn: words and code in
 * front of the program that ran, or of the answer that was judged, and outputs with marks of the format in them.
 */
export function judgedText({ kind, text, code, parent }: StoredSegment): string {
  if (kind === "answer") {
    const mark = text.lastIndexOf(ANSWER);
    return text.slice(0, Math.max(0, mark)).trim() === "" ? text : text.slice(mark);
  }
  if ((kind !== "step" && kind !== "code_end") || code === null) return text;
  const stop = text.indexOf(STOP_OF[kind]);
  const end = stop < 0 ? text.length : stop + STOP_OF[kind].length;
  const isJudged = codeInText(text, kind) === code || showsNothingElse(text, code);
  const step = isJudged ? text.slice(0, end) : stepText([code], { kind, parent });
  return step + judgedOutput(text.slice(end));
}

/** Returns what the harness put behind a program, as it would be written today. */
function judgedOutput(behind: string): string {
  const printed = PRINTED.exec(behind)?.[1];
  return printed === undefined ? behind : outputBlock(printed);
}

/** Whether nothing but white space and the opening mark surrounds the code up to its stop string. */
function showsNothingElse(text: string, code: string): boolean {
  const start = text.indexOf(code);
  const before = text.slice(0, Math.max(0, start));
  return start >= 0 && /^\s*(?:<code>)?\s*$/.test(before) &&
    /^\s*<end_of_(?:step|code)>/.test(text.slice(start + code.length));
}

/** Whether a text holds a mark that would be taken for the end of a segment, or for what the harness wrote. */
export function holdsForeignMark(text: string): boolean {
  return FORBIDDEN_MARKS.some((mark) => text.includes(mark));
}

/** Whether Python and other readers of a text may disagree about where its lines end, or the text itself. */
export function holdsAmbiguousCharacter(code: string): boolean {
  return AMBIGUOUS.test(code);
}

function isReadable(code: string): boolean {
  return !holdsAmbiguousCharacter(code) && code.isWellFormed() && !holdsForeignMark(code);
}
