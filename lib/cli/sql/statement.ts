import { nearest, UsageError } from "../../core/mod.ts";
import { ANALYSES, type AnalysisRequest, type Asked } from "../../store/mod.ts";

/**
 * Reads what was asked for.
 *
 * @throws {UsageError} If it is empty, one word that names no analysis, or comes with options that it does not take.
 */
export function parseAsked(text: string, request: AnalysisRequest): Asked {
  const word = text.trim().replace(/;$/, "");
  if (word === "") {
    throw new UsageError(
      "Cannot run the statement: expected SQL or the name of an analysis, got nothing",
    );
  }
  const given = Object.entries(request).flatMap(([name, value]) => value === undefined ? [] : name);
  const analysis = ANALYSES.find(({ name }) => name === word);
  if (analysis === undefined) {
    if (/^[\w-]+$/.test(word)) throw unknownAnalysis(word);
    if (given.length === 0) return { sql: text };
    throw new UsageError(
      `Cannot use --${
        given[0]
      } with a statement of your own: it belongs to named analyses; write a condition instead`,
    );
  }
  const extra = given.find((name) => !analysis.parameters.some((parameter) => parameter === name));
  if (extra === undefined) return { analysis, request };
  throw new UsageError(
    `Cannot use --${extra} with "${word}": it does not rank, all of its rows are shown`,
  );
}

function unknownAnalysis(word: string): UsageError {
  const names = ANALYSES.map(({ name }) => name);
  const meant = nearest(word, names);
  const hint = meant === null ? `there are ${names.join(", ")}` : `did you mean "${meant}"?`;
  return new UsageError(
    `Cannot run "${word}": it is neither SQL nor the name of an analysis; ${hint}`,
  );
}
