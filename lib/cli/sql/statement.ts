import { closest, distance } from "fastest-levenshtein";
import { UsageError } from "../../core/mod.ts";
import {
  ANALYSES,
  type Analysis,
  analysisParameters,
  type AnalysisRequest,
  type QueryOptions,
} from "../../store/mod.ts";

/** What was asked for: a statement of the user's own, or a named analysis. */
export type Asked = { readonly sql: string } | {
  readonly analysis: Analysis;
  readonly request: AnalysisRequest;
};

/** Typing errors of so many letters are still recognised. */
const NEAR = 3;

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
  const near = closest(word, names);
  const hint = distance(word, near) <= NEAR
    ? `did you mean "${near}"?`
    : `there are ${names.join(", ")}`;
  return new UsageError(
    `Cannot run "${word}": it is neither SQL nor the name of an analysis; ${hint}`,
  );
}

/** The statement to run. */
export function sqlOf(asked: Asked): { readonly sql: string; readonly options: QueryOptions } {
  if ("sql" in asked) return { sql: asked.sql, options: {} };
  const { analysis, request } = asked;
  return { sql: analysis.sql, options: { parameters: analysisParameters(analysis, request) } };
}
