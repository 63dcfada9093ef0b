import type { Problem } from "../core/mod.ts";

/** Problems of a set that share a reason why nothing can judge them. */
export interface UngradableGroup {
  readonly reason: string;
  readonly count: number;
  /** The first few, with their reference answers. */
  readonly examples: readonly Pick<Problem, "id" | "answer">[];
}

/** A question that occurs more than once in a set. */
export interface RepeatedQuestion {
  readonly ids: readonly string[];
  /** Its different reference answers, as they are written: two or more are a contradiction, or two writings of one value. */
  readonly answers: readonly string[];
}

/** Report on a set, for the user to read before it is searched. */
export interface ProblemSetReport {
  readonly total: number;
  /** Problems whose reference answer can be judged. */
  readonly gradable: readonly Problem[];
  readonly ungradable: readonly UngradableGroup[];
  readonly repeated: readonly RepeatedQuestion[];
}

/** Examples of each kind that are named. */
const EXAMPLES = 3;

/** Examines a set: which of its reference answers can be judged, and which of its questions repeat. */
export function examineProblems(problems: readonly Problem[]): ProblemSetReport {
  const reasons = Map.groupBy(
    problems.filter(({ meta }) => meta.ungradable !== undefined),
    ({ meta }) => meta.ungradable ?? "",
  );
  const questions = Map.groupBy(
    problems,
    ({ question }) => question.replaceAll(/\s+/g, " ").trim().toLowerCase(),
  );
  return {
    total: problems.length,
    gradable: problems.filter(({ meta }) => meta.ungradable === undefined),
    ungradable: [...reasons].map(([reason, group]) => ({
      reason,
      count: group.length,
      examples: group.slice(0, EXAMPLES).map(({ id, answer }) => ({ id, answer })),
    })),
    repeated: [...questions.values()].filter((group) => group.length > 1).map((group) => ({
      ids: group.map(({ id }) => id),
      answers: [...new Set(group.map(({ answer }) => answer))],
    })),
  };
}

/**
 * The report in sentences, for people.
 *
 * @example `1,318 of 1,319 reference answers can be judged`
 */
export function reportLines(report: ProblemSetReport): readonly string[] {
  const { total, gradable, ungradable, repeated } = report;
  const count = (n: number) => n.toLocaleString("en");
  const contradicting = repeated.filter(({ answers }) => answers.length > 1);
  const [contradiction] = contradicting;
  return [
    `${count(gradable.length)} of ${count(total)} reference answers can be judged`,
    ...ungradable.map(({ reason, count: n, examples }) =>
      `left out: ${count(n)} (${reason}), e.g. ${
        examples.map(({ id, answer }) => `${id}: ${quoted(answer)}`).join(", ")
      }`
    ),
    ...(repeated.length === 0 ? [] : [
      `questions that occur more than once: ${count(repeated.length)}, in ${
        count(repeated.reduce((sum, { ids }) => sum + ids.length, 0))
      } rows, e.g. ${repeated[0]?.ids.slice(0, EXAMPLES).join(", ")}`,
    ]),
    ...(contradiction === undefined ? [] : [
      `of these with different reference answers: ${count(contradicting.length)}, e.g. ${
        contradiction.ids.slice(0, EXAMPLES).join(", ")
      }: ${contradiction.answers.slice(0, EXAMPLES).map(quoted).join(", ")}`,
    ]),
  ];
}

/** Beginning of a text on one line, in quotes. */
function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return `"${line.length > 60 ? `${line.slice(0, 60)}…` : line}"`;
}
