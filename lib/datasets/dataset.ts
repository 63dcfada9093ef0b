import { basename } from "node:path";
import {
  DatasetError,
  describeIssue,
  type FieldMapping,
  Problem,
  type ProblemMeta,
} from "../core/mod.ts";
import { choiceAnswer, withChoices } from "./_choices.ts";
import {
  findField,
  findRationale,
  type FoundField,
  hasPicture,
  isEmpty,
  questionText,
  solutionText,
} from "./fields.ts";
import {
  controlCharacter,
  doubtfulCommand,
  mendBackslashes,
  type TextKind,
} from "./lost_backslash.ts";
import {
  readAnswer,
  readRationale,
  type ReferenceAnswer,
  ungradableReference,
} from "./reference_answer.ts";
import { type ParquetReader, type RawRow, readRows } from "./rows.ts";

/** Options of {@linkcode readProblems}. */
export interface ReadOptions {
  /** Name of the set, first part of every id. @default the file's name without its endings */
  readonly source?: string;
  /** Fields that differ from the usual names. */
  readonly fields?: FieldMapping | undefined;
  /** Called with the line of a row without a reference answer, which is then left out. @default such a row is an error */
  readonly onMissingAnswer?: ((line: number) => void) | undefined;
  /** Called with the line of a row in which a lost backslash was put back. */
  readonly onMended?: ((line: number) => void) | undefined;
  readonly readParquet: ParquetReader;
}

/**
 * Reads a file of problems: our own form (`id, source, question, answer, level, meta`), or any rows with a question and an answer.
 * A row without an id gets its line number, so ids are stable as long as the file is.
 *
 * @throws {DatasetError} Naming file, line and field, and what was expected.
 */
export async function readProblems(
  path: string,
  options: ReadOptions,
): Promise<readonly Problem[]> {
  const rows = await readRows(path, options);
  if (rows.length === 0) {
    throw new DatasetError(
      path,
      null,
      `Cannot use "${path}": expected at least one problem, got none`,
    );
  }
  const source = options.source ?? setNameOf(path);
  const places = new Map<string, string>();
  const problems: Problem[] = [];
  for (const row of rows) {
    const read = toProblem(path, row, { ...options, source });
    if (read !== null) refuseControls(path, row, read.answer);
    if (read === null) {
      options.onMissingAnswer?.(row.line);
      continue;
    }
    const problem = flagUngradable(read);
    const earlier = places.get(problem.id);
    if (earlier !== undefined) {
      throw fieldError(path, row, "id", `"${problem.id}" is that of ${earlier} already`);
    }
    places.set(problem.id, row.place);
    problems.push(problem);
  }
  return problems;
}

/** Name of the set that a file holds: the file's own without its endings (`data/gsm8k_test.jsonl.gz`: `gsm8k_test`). */
export function setNameOf(path: string): string {
  return basename(path).replace(/(\.[a-z]+)+$/, "");
}

/** A row as a problem; `null` for one without an answer, where those are left out. */
function toProblem(
  path: string,
  row: RawRow,
  options: ReadOptions & { readonly source: string },
): Problem | null {
  if ("meta" in row.fields && "source" in row.fields) return ownForm(path, row, options);
  const { fields, source } = options;
  const reference = referenceOf(path, row, options);
  if (reference === null) return null;
  const id = optional(row, "id", fields);
  const question = questionOf(path, row, options);
  const { answer } = reference;
  const value = answerField(row, fields)?.value;
  const choice = withChoices(row.fields, { question, answer, value });
  return {
    id: `${source}/${id ?? row.line}`,
    source,
    question: choice?.question ?? question,
    answer: choice?.answer ?? answer,
    level: levelOf(optional(row, "level", fields)),
    meta: {
      ...metaOf(row, fields),
      ...reference.meta,
      ...(choice === null ? {} : choiceMeta(choice)),
    },
  };
}

function choiceMeta({ isAmbiguous }: { readonly isAmbiguous: boolean }): ProblemMeta {
  return isAmbiguous
    ? {
      answerType: "choice",
      ungradable: "its reference answer may be a choice's number or its value",
    }
    : { answerType: "choice" };
}

/** Where a row keeps its answer; `null` where only its solution says it. */
function answerField(row: RawRow, fields: FieldMapping | undefined): FoundField | null {
  const own = findField(row.fields, "answer", fields);
  if (own !== null && (fields?.answer !== undefined || !isEmpty(own.value))) return own;
  const value = choiceAnswer(row.fields);
  return isEmpty(value) ? own : { path: "correct", value };
}

function questionOf(path: string, row: RawRow, { fields, onMended }: ReadOptions): string {
  const found = findField(row.fields, "question", fields);
  if (found === null) throw missingField(path, row, "question", fields);
  const value = mended(found.value, "question", () => onMended?.(row.line));
  const question = questionText(row.fields, { path: found.path, value });
  if (question !== null) return question;
  throw fieldError(path, row, found.path, `expected text, got ${shown(found.value)}`);
}

/** The reference answer of a row; `null` for one without, where those are left out. */
function referenceOf(
  path: string,
  row: RawRow,
  { fields, onMissingAnswer, onMended }: ReadOptions,
): ReferenceAnswer | null {
  const own = answerField(row, fields);
  const rationale = own === null || isEmpty(own.value) ? findRationale(row.fields, fields) : null;
  const found = rationale ?? own;
  if (found === null) throw missingField(path, row, "answer", fields);
  const value = mended(solutionText(found.value), "answer", () => onMended?.(row.line));
  const reference = rationale === null ? readAnswer(value) : readRationale(value);
  if (reference !== undefined && reference !== null) return withDoubt(reference, value);
  if (reference === null && onMissingAnswer !== undefined) return null;
  const expected = rationale !== null
    ? 'expected a solution that marks its answer ("#### 72", "\\boxed{72}")'
    : "expected text, a number or a list of them";
  throw fieldError(path, row, found.path, `${expected}, got ${shown(found.value)}`);
}

/** Flags an answer that is one thing with its white space and another without: `\nu` and `u`. */
function withDoubt(reference: ReferenceAnswer, value: unknown): ReferenceAnswer {
  const command = typeof value === "string" ? doubtfulCommand(value) : null;
  if (command === null) return reference;
  const ungradable = `its reference answer may have lost the backslash of ${command}`;
  return { ...reference, meta: { ...reference.meta, ungradable } };
}

function ownForm(
  path: string,
  row: RawRow,
  { onMissingAnswer, onMended }: ReadOptions,
): Problem | null {
  const mend = (name: TextKind) => mended(row.fields[name], name, () => onMended?.(row.line));
  const answer = mend("answer");
  const isMissing = answer === null || (typeof answer === "string" && answer.trim() === "");
  if (isMissing && onMissingAnswer !== undefined) return null;
  const result = Problem.safeParse({ ...row.fields, question: mend("question"), answer });
  if (!result.success) {
    const [issue] = result.error.issues;
    const field = issue?.path.join(".") ?? "";
    throw fieldError(path, row, field, issue === undefined ? "invalid" : describeIssue(issue));
  }
  return result.data;
}

/** A control character makes an answer one that nothing equals; in a question, where scanned text has some, it only looks odd. */
function refuseControls(path: string, row: RawRow, answer: string): void {
  const control = controlCharacter(answer);
  if (control === null) return;
  throw fieldError(
    path,
    row,
    "answer",
    `holds the control character ${control}; where a backslash was lost, JSON must say "\\\\frac" for "\\frac"`,
  );
}

/** A value with the backslashes that its texts lost, before white space around them is taken off: a form feed counts as such. */
function mended(value: unknown, kind: TextKind, onMended: () => void): unknown {
  if (Array.isArray(value)) return value.map((item) => mended(item, kind, onMended));
  if (typeof value !== "string") return value;
  const text = mendBackslashes(value, kind);
  if (text !== value) onMended();
  return text;
}

function missingField(
  path: string,
  row: RawRow,
  name: "question" | "answer",
  fields?: FieldMapping,
): DatasetError {
  return fieldError(
    path,
    row,
    fields?.[name] ?? name,
    `missing; got ${
      Object.keys(row.fields).join(", ")
    }; name another field with --fields ${name}=FIELD`,
  );
}

function optional(row: RawRow, name: keyof FieldMapping, fields?: FieldMapping): string | null {
  const value = findField(row.fields, name, fields)?.value;
  return value === null || value === undefined || value === "" ? null : String(value);
}

/** `Level 3`, `3` or 3; MATH has two rows `Level ?`. */
function levelOf(text: string | null): number | null {
  const level = Number(text?.replace(/^level\s*/i, ""));
  return text !== null && Number.isInteger(level) && level >= 0 && level <= 255 ? level : null;
}

/** Facts that a row gives about its problem: its subject, whether it needs a figure, and what OlympiadBench says of an answer. */
function metaOf({ fields: row }: RawRow, fields?: FieldMapping): ProblemMeta {
  const subject = findField(row, "subject", fields)?.value;
  const { unit } = row;
  const tolerance = Number(row["error"] ?? "");
  return {
    ...(subject === null || subject === undefined || subject === ""
      ? {}
      : { subject: String(subject) }),
    ...(String(row["is_multiple_answer"]).toLowerCase() === "true"
      ? { isMultipleAnswer: true }
      : {}),
    ...(Number.isFinite(tolerance) && tolerance > 0 ? { tolerance } : {}),
    ...(hasPicture(row) ? { ungradable: "needs its figure" } : {}),
    ...(typeof unit === "string" && unit.trim() !== "" ? { unit: unit.trim() } : {}),
  };
}

/** Beginning of a value, for messages. */
function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? "nothing";
}

/** Questions that cannot be judged from their text and a final answer alone. */
const UNGRADABLE: readonly (readonly [RegExp, string])[] = [
  [
    /\[asy\]|\\includegraphics|\\begin\{tikzpicture\}|<ima?ge?\b|<image_\d|!\[[^\]]*\]\(/i,
    "needs its figure",
  ],
  [/^\s*(prove|show) that\b/i, "asks for a proof"],
];

/** Flags a problem that cannot be judged; one that is flagged already stays as it is. */
export function flagUngradable(problem: Problem): Problem {
  if (problem.meta.ungradable !== undefined) return problem;
  const reason = UNGRADABLE.find(([pattern]) => pattern.test(problem.question))?.[1] ??
    ungradableReference(problem.answer);
  return reason === null ? problem : { ...problem, meta: { ...problem.meta, ungradable: reason } };
}

function fieldError(path: string, row: RawRow, field: string, reason: string): DatasetError {
  return new DatasetError(
    path,
    row.line,
    `Cannot read "${path}" ${row.place}, field "${field}": ${reason}`,
  );
}
