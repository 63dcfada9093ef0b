import { z } from "zod";
import type { Database } from "./_database.ts";
import type { CumulativeCoverage, RunSummary } from "./store.ts";

const number = z.union([z.number(), z.bigint()]).transform(Number);
const Totals = z.object({
  trees: number,
  nodes: number,
  rollouts: number,
  problems: number,
  solved: number,
  prompt_tokens: number,
  generated_tokens: number,
  ppm_tokens: number,
  tree_seconds: number,
  price: z.number().nullable(),
});
const Level = z.object({ level: z.number().nullable(), problems: number, solved: number });
const Depth = z.object({ depth: z.number(), nodes: number, mean_q: z.number() });
const Status = z.object({ status: z.string(), nodes: number });
const Trajectories = z.object({ correct: number, wrong: number });
const Coverage = z.object({ problems: number, solved: number });
const Failed = z.object({ attempts: number });

/** Sums up the trees of a run, or of one of its rounds. */
export async function runSummary(
  database: Database,
  runNo: number,
  roundNo: number | null,
): Promise<RunSummary> {
  const parameters = [runNo, roundNo];
  const ofRun = "t.run_no = $1 AND ($2::INTEGER IS NULL OR t.round_no = $2)";
  const rows = (sql: string) => database.rows(sql, parameters);
  const [totals] = await rows(`SELECT count(*) AS trees, coalesce(sum(n_nodes), 0)::BIGINT AS nodes,
      coalesce(sum(n_rollouts), 0)::BIGINT AS rollouts, count(DISTINCT problem_no) AS problems,
      count(DISTINCT problem_no) FILTER (solved) AS solved,
      coalesce(sum(prompt_tokens), 0)::BIGINT AS prompt_tokens,
      coalesce(sum(generated_tokens), 0)::BIGINT AS generated_tokens,
      coalesce(sum(ppm_tokens), 0)::BIGINT AS ppm_tokens,
      coalesce(sum(wall_ms), 0) / 1000 AS tree_seconds, sum(price) AS price
    FROM tree t WHERE ${ofRun}`);
  const levels = await rows(`SELECT level, count(*) AS problems, count(*) FILTER (solved) AS solved
    FROM (SELECT problem_no, any_value(p.level) AS level, bool_or(t.solved) AS solved
      FROM tree t JOIN problem p USING (problem_no) WHERE ${ofRun} GROUP BY problem_no)
    GROUP BY level ORDER BY level NULLS LAST`);
  const ofNodes = `FROM node n JOIN tree t USING (tree_id) WHERE ${ofRun} AND n.kind <> 'root'`;
  const depths = await rows(
    `SELECT n.depth::INTEGER AS depth, count(*) AS nodes, avg(q_value) AS mean_q
    ${ofNodes} AND q_value IS NOT NULL GROUP BY n.depth ORDER BY n.depth`,
  );
  const statuses = await rows(`SELECT n.status::VARCHAR AS status, count(*) AS nodes ${ofNodes}
    GROUP BY n.status ORDER BY n.status`);
  const [trajectories] = await rows(`SELECT count(*) FILTER (n.correct) AS correct,
    count(*) FILTER (NOT n.correct) AS wrong ${ofNodes} AND n.kind = 'answer'`);
  const [failed] = await rows(`SELECT count(*) AS attempts FROM attempt WHERE tree_id >> 40 = $1
    AND ($2::INTEGER IS NULL OR (tree_id >> 36) & 15 = $2)`);
  const t = Totals.parse(totals);
  return {
    trees: t.trees,
    nodes: t.nodes,
    rollouts: t.rollouts,
    problems: t.problems,
    solved: t.solved,
    levels: levels.map((row) => Level.parse(row)),
    trajectories: Trajectories.parse(trajectories),
    depths: depths.map((row) => Depth.parse(row))
      .map(({ depth, nodes, mean_q }) => ({ depth, nodes, meanQ: mean_q })),
    statuses: Object.fromEntries(
      statuses.map((row) => Status.parse(row)).map(({ status, nodes }) => [status, nodes]),
    ),
    promptTokens: t.prompt_tokens,
    generatedTokens: t.generated_tokens,
    ppmTokens: t.ppm_tokens,
    treeSeconds: t.tree_seconds,
    price: t.price,
    failedAttempts: Failed.parse(failed).attempts,
  };
}

/** Counts what the trees of a run's rounds up to one of them searched and solved; each problem counts once. */
export async function cumulativeCoverage(
  database: Database,
  runNo: number,
  lastRound: number,
): Promise<CumulativeCoverage> {
  const [row] = await database.rows(
    `SELECT problems_so_far AS problems, solved_so_far AS solved
     FROM rounds JOIN run r ON r.name = rounds.run WHERE r.run_no = $1 AND round <= $2 ORDER BY round DESC LIMIT 1`,
    [runNo, lastRound],
  );
  return row === undefined ? { problems: 0, solved: 0 } : Coverage.parse(row);
}
