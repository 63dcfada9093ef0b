import { type FieldMapping, type Problem, UsageError } from "../core/mod.ts";
import { examineProblems, loadProblems, reportLines } from "../datasets/mod.ts";
import { readParquetRows } from "../store/mod.ts";
import { PROBLEM_FOLDERS } from "./host.ts";

/** A problem set that is searched. */
export interface ProblemSet {
  /** Problems whose reference answer can be judged. */
  readonly gradable: readonly Problem[];
  /** Text that a plan prints about the set; its first line says how many reference answers can be judged. */
  readonly lines: readonly string[];
  /** Text that any run prints about it: empty when every row can be used and no question repeats. */
  readonly notices: readonly string[];
}

/**
 * Loads a set by name or file and examines it, so that nothing is searched that nothing can judge.
 *
 * @throws {DatasetError} As `loadProblems` does.
 * @throws {UsageError} If none of its reference answers can be judged.
 */
export async function loadProblemSet(
  name: string,
  { fields }: { readonly fields?: FieldMapping | undefined },
): Promise<ProblemSet> {
  const rows = rowNotices();
  const problems = await loadProblems(name, {
    ...PROBLEM_FOLDERS,
    readParquet: readParquetRows,
    fields,
    onMissingAnswer: rows.onMissingAnswer,
    onMended: rows.onMended,
  });
  const report = examineProblems(problems);
  const lines = [...reportLines(report), ...rows.notices()];
  if (report.gradable.length === 0) {
    throw new UsageError(
      `Cannot search "${name}": none of its problems can be judged\n${lines.join("\n")}`,
    );
  }
  const [, ...beyondCount] = lines;
  return { gradable: report.gradable, lines, notices: beyondCount.length === 0 ? [] : lines };
}

/** Collects what reading a file tells about its rows, for one sentence each. */
export function rowNotices() {
  const missing = new Set<number>();
  const mended = new Set<number>();
  return {
    onMissingAnswer: (line: number): void => void missing.add(line),
    onMended: (line: number): void => void mended.add(line),
    notices: (): readonly string[] => [
      ...sentence("left out, without a reference answer", missing),
      ...sentence("mended, where LaTeX had lost a backslash", mended),
    ],
  };
}

function sentence(what: string, lines: ReadonlySet<number>): readonly string[] {
  if (lines.size === 0) return [];
  const first = [...lines].slice(0, 10).join(", ");
  return [`${what}: ${lines.size} rows (lines ${first}${lines.size > 10 ? ", …" : ""})`];
}
