/** Request to an analysis; every part may be left out. */
export interface AnalysisRequest {
  /** Name of a run. @default all runs */
  readonly run?: string | undefined;
  /** @default what the analysis says */
  readonly round?: number | undefined;
  /** Most rows, for those analyses that rank. @default 20 */
  readonly limit?: number | undefined;
}

/** A parameter of an analysis. */
export type AnalysisParameter = keyof AnalysisRequest;

/** A statement with a name. */
export interface Analysis {
  readonly name: string;
  /** Sentence that says what it shows. */
  readonly sentence: string;
  /** How things are counted, where the names of the columns do not say it. */
  readonly counting: string;
  /** Meaning of `$1`, `$2`, `$3`. */
  readonly parameters: readonly AnalysisParameter[];
  readonly sql: string;
}

/** Parameters of most analyses. */
export const RUN_AND_ROUND = ["run", "round"] as const;

/** Condition on the columns `run` and `round` of a view, for {@linkcode RUN_AND_ROUND}. */
export const ASKED = "($1 IS NULL OR run = $1) AND ($2 IS NULL OR round = $2)";

/** The same on a tree `t` beside its run `r`. */
export const ASKED_TREE = "($1 IS NULL OR r.name = $1) AND ($2 IS NULL OR t.round_no = $2)";
