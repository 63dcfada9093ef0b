import { basename } from "node:path";
import { z } from "zod";
import { DatasetError, describeIssue, Problem, ProblemMeta } from "../core/mod.ts";
import { type ParquetReader, type RawRow, readRows } from "./rows.ts";

/** Which fields of a file hold what. */
export interface FieldMapping {
  readonly id?: string;
  readonly question?: string;
  readonly answer?: string;
  readonly level?: string;
  readonly subject?: string;
}

/** Options of {@linkcode readProblems}. */
export interface ReadOptions {
  /** Name of the set, first part of every id. @default the file's name without its endings */
  readonly source?: string;
  /** Fields that differ from the usual names. */
  readonly fields?: FieldMapping;
  /** Called with the line of a row whose reference answer is empty, which is then left out. @default such a row is an error */
  readonly onMissingAnswer?: ((line: number) => void) | undefined;
  readonly readParquet: ParquetReader;
}

/** Names under which published sets keep each thing, best first. */
const USUAL = {
  id: ["id", "unique_id", "idx", "index"],
  question: ["question", "problem"],
  answer: ["answer", "final_answer"],
  level: ["level"],
  subject: ["subject", "type"],
} as const satisfies Record<keyof FieldMapping, readonly string[]>;

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
  const source = options.source ?? basename(path).replace(/(\.[a-z]+)+$/, "");
  const places = new Map<string, string>();
  return withAnswers(rows, options).map((row) => {
    const problem = flagUngradable(toProblem(path, row, { ...options, source }));
    const earlier = places.get(problem.id);
    if (earlier !== undefined) {
      throw fieldError(path, row, "id", `"${problem.id}" is that of ${earlier} already`);
    }
    places.set(problem.id, row.place);
    return problem;
  });
}

function withAnswers(
  rows: readonly RawRow[],
  { fields, onMissingAnswer }: ReadOptions,
): readonly RawRow[] {
  if (onMissingAnswer === undefined) return rows;
  return rows.filter((row) => {
    const field = fieldOf(row, "answer", fields);
    const value = field === null ? undefined : row.fields[field];
    const isMissing = value === null || (typeof value === "string" && value.trim() === "");
    if (isMissing) onMissingAnswer(row.line);
    return !isMissing;
  });
}

function toProblem(
  path: string,
  row: RawRow,
  options: ReadOptions & { readonly source: string },
): Problem {
  if ("meta" in row.fields && "source" in row.fields) return ownForm(path, row);
  const text = (name: "question" | "answer") => {
    const field = fieldOf(row, name, options.fields);
    const value = field === null ? undefined : row.fields[field];
    if (field === null) {
      const wanted = options.fields?.[name] ?? USUAL[name].join(" or ");
      throw fieldError(path, row, wanted, `missing; got ${Object.keys(row.fields).join(", ")}`);
    }
    if (typeof value === "number") return String(value);
    if (typeof value === "string" && value.trim() !== "") return value.trim();
    throw fieldError(path, row, field, `expected text, got ${JSON.stringify(value)}`);
  };
  const id = optional(row, "id", options.fields);
  return {
    id: `${options.source}/${id ?? row.line}`,
    source: options.source,
    question: text("question"),
    answer: text("answer"),
    level: levelOf(optional(row, "level", options.fields)),
    meta: subjectOf(optional(row, "subject", options.fields)),
  };
}

function ownForm(path: string, row: RawRow): Problem {
  const result = Problem.safeParse(row.fields);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join(".") ?? "";
  throw fieldError(path, row, field, issue === undefined ? "invalid" : describeIssue(issue));
}

function fieldOf(row: RawRow, name: keyof FieldMapping, fields: FieldMapping = {}): string | null {
  const declared = fields[name];
  const candidates = declared === undefined ? USUAL[name] : [declared];
  return candidates.find((field) => field in row.fields) ?? null;
}

function optional(row: RawRow, name: keyof FieldMapping, fields?: FieldMapping): string | null {
  const field = fieldOf(row, name, fields);
  const value = field === null ? null : row.fields[field];
  return value === null || value === undefined || value === "" ? null : String(value);
}

/** `Level 3`, `3` or 3; MATH has two rows `Level ?`. */
function levelOf(text: string | null): number | null {
  const level = Number(text?.replace(/^level\s*/i, ""));
  return text !== null && Number.isInteger(level) && level >= 0 && level <= 255 ? level : null;
}

function subjectOf(subject: string | null): ProblemMeta {
  return subject === null ? {} : { subject };
}

/** Questions that cannot be judged from their text and a final answer alone. */
const UNGRADABLE: readonly (readonly [RegExp, string])[] = [
  [/\[asy\]|\\includegraphics|<img\b|!\[[^\]]*\]\(/i, "needs its figure"],
  [/^\s*(prove|show) that\b/i, "asks for a proof"],
];

/** Flags a problem that cannot be judged; one that is flagged already stays as it is. */
export function flagUngradable(problem: Problem): Problem {
  if (problem.meta.ungradable !== undefined) return problem;
  const reason = UNGRADABLE.find(([pattern]) => pattern.test(problem.question))?.[1];
  return reason === undefined
    ? problem
    : { ...problem, meta: { ...problem.meta, ungradable: reason } };
}

function fieldError(path: string, row: RawRow, field: string, reason: string): DatasetError {
  return new DatasetError(
    path,
    row.line,
    `Cannot read "${path}" ${row.place}, field "${field}": ${reason}`,
  );
}

/** A set that ships or can be made from a download. */
export const ShippedSet = z.strictObject({
  name: z.string(),
  file: z.string(),
  rows: z.int().min(1),
  sha256: z.string().length(64),
  licence: z.string(),
  /** Where it comes from. */
  origin: z.string(),
  /** What was left out of the original, and why. */
  dropped: z.record(z.string(), z.int()),
});

/** A set that ships. */
export type ShippedSet = z.infer<typeof ShippedSet>;
