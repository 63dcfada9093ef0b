/** Messages from the viewer's server to its page: the one description of both sides. */

/** A run as the list shows it. */
export interface RunRow {
  readonly run: string;
  readonly command: string;
  readonly rounds: readonly number[];
  readonly trees: number;
}

/** How the list of trees can be ordered. */
export const SORTS = ["problem", "level", "solved", "nodes", "rollouts", "tokens", "q"] as const;

/** Order of the list of trees. */
export type Sort = typeof SORTS[number];

/** A tree as the list shows it. */
export interface TreeRow {
  readonly tree: string;
  readonly problem: string;
  readonly level: number | null;
  readonly run: string;
  readonly round: number;
  readonly seed: number;
  readonly solved: boolean;
  readonly nodes: number;
  readonly rollouts: number;
  readonly right: number;
  readonly wrong: number;
  readonly firstCorrect: number | null;
  readonly tokens: number;
  /** Mean Q of the best finished trajectory; `null` without one. */
  readonly q: number | null;
  readonly question: string;
}

/** A page of the list. */
export interface TreePage {
  /** Trees that match. */
  readonly total: number;
  /** Trees that match and come before the first row. */
  readonly first: number;
  readonly rows: readonly TreeRow[];
}

/** A tree without its texts, column by column: ten thousand nodes are a few hundred kilobytes. */
export interface TreeColumns {
  readonly tree: string;
  readonly run: string;
  readonly round: number;
  readonly seed: number;
  readonly problem: string;
  readonly question: string;
  readonly reference: string;
  readonly level: number | null;
  readonly solved: boolean;
  readonly stop: string;
  /** Trees of the same problem in this database, to compare with. */
  readonly others: readonly { readonly tree: string; readonly label: string }[];
  readonly id: readonly number[];
  readonly parent: readonly (number | null)[];
  readonly kind: readonly string[];
  readonly status: readonly string[];
  readonly visits: readonly number[];
  readonly q: readonly (number | null)[];
  readonly correct: readonly (boolean | null)[];
  readonly answer: readonly (string | null)[];
}

/** One node with its texts. */
export interface NodeDetail {
  readonly node: number;
  readonly parent: number | null;
  readonly depth: number;
  readonly kind: string;
  readonly status: string;
  readonly text: string;
  readonly code: string | null;
  readonly stdout: string | null;
  readonly error: string | null;
  /** Line of the step at which its code failed, from 1; `null` where that is not known. */
  readonly errorLine: number | null;
  readonly visits: number;
  readonly q: number | null;
  readonly ppm: number | null;
  readonly multiplicity: number;
  /** Probability that the policy writes the step behind its parent; `null` where expansions were samples. */
  readonly probability: number | null;
  readonly tokens: number;
  readonly milliseconds: number | null;
  readonly correct: boolean | null;
  readonly answer: string | null;
  /** Whether texts were cut; ask with `full=1` for the rest. */
  readonly isCut: boolean;
}

/** Two siblings that gave a preference pair by the paper's rule. */
export interface PairOfSiblings {
  readonly better: number;
  readonly worse: number;
  /** Difference of their Q-values. */
  readonly margin: number;
}

/** A node and its siblings, itself included, in the order in which they were drawn. */
export interface NodeReply {
  readonly node: NodeDetail;
  readonly siblings: readonly NodeDetail[];
  /** The preference pairs among them, largest margin first. */
  readonly pairs: readonly PairOfSiblings[];
}

/** Changes whenever the database may hold more than before. */
export interface VersionReply {
  readonly version: string;
}

/** Reply that says in a sentence what went wrong. */
export interface ErrorReply {
  readonly error: string;
}
