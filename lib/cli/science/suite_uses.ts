/**
 * Number of times that a suite was measured on, as the rows of a database say: whoever uses the same test problems again and again
 * finds something by chance.
 *
 * Nothing is written at a use, for what every use leaves behind is counted: samples of evaluations, trees, scores of trees. So no
 * command can forget it, and uses from before there was a count are in it. Problems of the suite are those that an evaluation of it has
 * answered; what other suites and runs did with them counts as well.
 */
import { z } from "zod";
import { allRows, type SqlReader } from "../../store/mod.ts";

/** Uses of one kind. */
export interface UseCount {
  /** Uses that were begun. */
  readonly uses: number;
  /** Problems of all of these uses, counted anew in each: a use that is extended stays one, and its further problems show here. */
  readonly problems: number;
}

/** Uses of a suite, by kind. */
export interface SuiteUses {
  /** Evaluations with at least one answer. */
  readonly evaluations: UseCount;
  /** Trees that were grown on its problems, each run, round and seed once. */
  readonly trees: UseCount;
  /** Reward models that scored such trees. */
  readonly rankings: UseCount;
}

const COUNTS = {
  // A sample that the machinery failed showed nothing to anybody.
  evaluations:
    `SELECT count(DISTINCT eval_id), count(DISTINCT (eval_id, problem_no)) FROM eval_sample
    SEMI JOIN of_suite USING (problem_no) WHERE outcome <> 'infrastructure'`,
  trees:
    `SELECT count(DISTINCT (run_no, round_no, seed)), count(*) FROM tree SEMI JOIN of_suite USING (problem_no)`,
  rankings:
    `SELECT count(DISTINCT scorer), count(DISTINCT (scorer, problem_no)) FROM node_score JOIN tree USING (tree_id)
    SEMI JOIN of_suite USING (problem_no)`,
} as const;

const CountRow = z.tuple([z.coerce.number(), z.coerce.number()]);

/** Counts the uses of a suite that a database holds. */
export async function countSuiteUses(reader: SqlReader, suite: string): Promise<SuiteUses> {
  const count = async (kind: keyof typeof COUNTS): Promise<UseCount> => {
    const [row] = await allRows(reader.query(
      `WITH of_suite AS (SELECT DISTINCT problem_no FROM eval_sample JOIN evaluation USING (eval_id)
         WHERE suite = $1 AND outcome <> 'infrastructure') ${COUNTS[kind]}`,
      { parameters: [suite] },
    ));
    const [uses, problems] = CountRow.parse(row);
    return { uses, problems };
  };
  return {
    evaluations: await count("evaluations"),
    trees: await count("trees"),
    rankings: await count("rankings"),
  };
}

/** Adds up the uses of all kinds. */
export function totalUses({ evaluations, trees, rankings }: SuiteUses): number {
  return evaluations.uses + trees.uses + rankings.uses;
}

/** Says the count in a sentence, with what is counted. */
export function usesText(suiteUses: SuiteUses, suite: string): string {
  const part = ({ uses, problems }: UseCount, what: string) =>
    `${uses} ${what} (${problems} problems)`;
  return `Uses of ${suite} in this database, other studies' included: ${
    totalUses(suiteUses)
  }, namely ` +
    [
      part(suiteUses.evaluations, "evaluations"),
      part(suiteUses.trees, "sets of trees on its problems"),
      part(suiteUses.rankings, "reward models that ranked such trees"),
    ].join(", ") +
    ". Problems count anew in each; an evaluation that is extended stays one use and adds its further problems.";
}
