import type { QueryOptions, QueryRows, SqlReader } from "../sql_reader.ts";
import type { Analysis, AnalysisRequest } from "./analysis.ts";
import { LABEL_ANALYSES } from "./label_analyses.ts";
import { POLICY_ANALYSES } from "./policy_analyses.ts";
import { REFLECTION } from "./reflection_analysis.ts";
import { VALUE_ANALYSES } from "./value_analyses.ts";
import { WORK_ANALYSES } from "./work_analyses.ts";

/** Rows of a ranking. */
const DEFAULT_LIMIT = 20;

/** Every named analysis, in the order in which they are shown. */
export const ANALYSES: readonly Analysis[] = [
  ...VALUE_ANALYSES,
  ...WORK_ANALYSES,
  ...LABEL_ANALYSES,
  ...POLICY_ANALYSES,
  REFLECTION,
];

/** Values of an analysis's parameters, in their order. */
function analysisParameters(
  { parameters }: Analysis,
  { run, round, limit = DEFAULT_LIMIT }: AnalysisRequest,
): NonNullable<QueryOptions["parameters"]> {
  const values = { run: run ?? null, round: round ?? null, limit };
  return parameters.map((name) => values[name]);
}

/** A statement of the user's own, or a named analysis and what it is asked for. */
export type Asked = { readonly sql: string } | {
  readonly analysis: Analysis;
  readonly request: AnalysisRequest;
};

/** The statement that was asked for, with its parameters. */
export function statementOf(
  asked: Asked,
): { readonly sql: string; readonly parameters?: NonNullable<QueryOptions["parameters"]> } {
  if ("sql" in asked) return { sql: asked.sql };
  const { analysis, request } = asked;
  return { sql: analysis.sql, parameters: analysisParameters(analysis, request) };
}

/** Runs a named analysis. */
export function runAnalysis(
  reader: SqlReader,
  analysis: Analysis,
  request: AnalysisRequest & Pick<QueryOptions, "timeoutMs"> = {},
): Promise<QueryRows> {
  const { timeoutMs } = request;
  const { sql, ...options } = statementOf({ analysis, request });
  return reader.query(sql, { ...options, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}
