import { type FieldMapping, type Problem, UsageError } from "../core/mod.ts";
import { examineProblems, loadProblems, reportLines, RowNotices } from "../datasets/mod.ts";
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
  const rows = new RowNotices();
  const problems = await loadProblems(name, {
    ...PROBLEM_FOLDERS,
    readParquet: readParquetRows,
    fields,
    onMissingAnswer: rows.onMissingAnswer,
    onMended: rows.onMended,
  });
  const report = examineProblems(problems);
  const lines = [...reportLines(report), ...rows.lines()];
  if (report.gradable.length === 0) {
    throw new UsageError(
      `Cannot search "${name}": none of its problems can be judged\n${lines.join("\n")}`,
    );
  }
  const [, ...beyondCount] = lines;
  return { gradable: report.gradable, lines, notices: beyondCount.length === 0 ? [] : lines };
}
