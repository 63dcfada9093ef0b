import type { Figures } from "./figures.ts";

/** Share above which a reader should be warned (docs/evaluation.md, "Modes"). */
const TRUNCATED_WARNING = 0.02;
const NO_ANSWER_WARNING = 0.2;

/** Warnings that a reader should know before believing the figures. */
export function warnings(all: readonly Figures[]): readonly string[] {
  return all.flatMap(({ label, result, shares, overlap }) => {
    const hits = overlap === null ? 0 : overlap.equal.length + overlap.similar.length;
    const of = `${label}, ${result.suite}, ${result.mode}`;
    const { counts, problems, questions } = result.summary;
    return [
      ...(result.isComplete ? [] : [
        `INCOMPLETE: ${of}: ${counts.missing} samples are missing; the same command makes them`,
      ]),
      ...((shares.truncated ?? 0) > TRUNCATED_WARNING
        ? [
          `${of}: ${
            percentText(shares.truncated)
          } % of the samples were cut off; --max-tokens is too small`,
        ]
        : []),
      ...((shares.noAnswer ?? 0) > NO_ANSWER_WARNING
        ? [
          `${of}: ${
            percentText(shares.noAnswer)
          } % of the samples have no answer; does the model know the format?`,
        ]
        : []),
      ...(counts.graderTimeout === 0 ? [] : [
        `${of}: the grader ran out of time on ${counts.graderTimeout} answers, which count as wrong`,
      ]),
      ...(counts.loose === 0
        ? []
        : [`${of}: ${counts.loose} answers were taken from text that does not follow the format`]),
      ...(result.summary.areVotesGrouped ? [] : [
        `${of}: votes tell equal answers by their normal form alone, as an earlier version judged them or the grader failed; eval regrade tells them by the grader`,
      ]),
      ...(hits === 0 ? [] : [
        `${of}: ${hits} of the measured problems were searched for training; the score without them stands in the tables`,
      ]),
      ...(questions === problems ? [] : [
        `${of}: ${problems} problems are ${questions} different questions; errors are clustered by question`,
      ]),
    ];
  });
}

function percentText(share: number | null): string {
  return ((share ?? 0) * 100).toFixed(1);
}
