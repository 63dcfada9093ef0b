/**
 * How often a suite was looked at, as the rows of a database say: whoever looks at test problems again and again finds something.
 *
 * Nothing is written when somebody looks, for what every look leaves behind is counted: samples of evaluations, trees, scores of trees.
 * So no command can forget it, and looks from before there was a count are in it. Problems of the suite are those that an evaluation of
 * it has answered; what other suites and runs did with them counts as well.
 */
import { z } from "zod";
import { allRows, type SqlReader } from "../../store/mod.ts";

/** Looks of one kind. */
export interface LookCount {
  /** How often a look was begun. */
  readonly looks: number;
  /** Problems that were looked at, anew in each of them: one that is extended stays one look, and shows here. */
  readonly problems: number;
}

/** Looks at a suite, by what was done. */
export interface SuiteLooks {
  /** Evaluations with at least one answer. */
  readonly evaluations: LookCount;
  /** Trees that were grown on its problems, each run, round and seed once. */
  readonly trees: LookCount;
  /** Reward models that scored such trees. */
  readonly rankings: LookCount;
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

/** Counts the looks at a suite that a database holds. */
export async function countLooks(reader: SqlReader, suite: string): Promise<SuiteLooks> {
  const count = async (kind: keyof typeof COUNTS): Promise<LookCount> => {
    const [row] = await allRows(reader.query(
      `WITH of_suite AS (SELECT DISTINCT problem_no FROM eval_sample JOIN evaluation USING (eval_id)
         WHERE suite = $1 AND outcome <> 'infrastructure') ${COUNTS[kind]}`,
      { parameters: [suite] },
    ));
    const [looks, problems] = CountRow.parse(row);
    return { looks, problems };
  };
  return {
    evaluations: await count("evaluations"),
    trees: await count("trees"),
    rankings: await count("rankings"),
  };
}

/** All looks together. */
export function allLooks({ evaluations, trees, rankings }: SuiteLooks): number {
  return evaluations.looks + trees.looks + rankings.looks;
}

/** The count in words, with what is counted. */
export function looksText(looks: SuiteLooks, suite: string): string {
  const part = ({ looks, problems }: LookCount, what: string) =>
    `${looks} ${what} (${problems} problems)`;
  return `Looks at ${suite} in this database, other studies' included: ${
    allLooks(looks)
  }, namely ` +
    [
      part(looks.evaluations, "evaluations"),
      part(looks.trees, "sets of trees on its problems"),
      part(looks.rankings, "reward models that ranked such trees"),
    ].join(", ") +
    ". Problems count anew in each; an evaluation that is extended stays one look and adds its further problems.";
}
