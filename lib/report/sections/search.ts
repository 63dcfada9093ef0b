import { z } from "zod";
import { groupBy, measured, readRows, type ReportContext, roundName } from "../_context.ts";
import { type Block, emptySection, type Section } from "../document.ts";

const treeRow = z.object({
  round: z.number(),
  trees: z.number(),
  solved: z.number(),
  median_first: measured,
  late_first: measured,
  rollouts: z.number(),
  nodes: z.number(),
  seconds: z.number(),
  early: z.number(),
});

const firstRow = z.object({ round: z.number(), rollout: z.number(), trees: z.number() });

const depthRow = z.object({
  round: z.number(),
  steps: z.number(),
  right: z.number(),
  wrong: z.number(),
});

const branchRow = z.object({
  round: z.number(),
  depth: z.number(),
  groups: z.number(),
  candidates: z.number(),
  explored: z.number(),
  failed: z.number(),
  top_share: measured,
});

const visitRow = z.object({ round: z.number(), at_least: z.number(), nodes: z.number() });

const valueRow = z.object({
  round: z.number(),
  depth: z.number(),
  nodes: z.number(),
  mean_q: measured,
  mean_ppm: measured,
  success: measured,
});

const HEAD = { id: "search", title: "How search went" };

/** Rollouts to the first success, depths, branching, visits, and values by depth. */
export async function searchSection(context: ReportContext): Promise<Section> {
  const trees = await treeRows(context);
  if (trees.length === 0) return emptySection({ ...HEAD, lead: "The run has no finished tree." });
  return {
    ...HEAD,
    lead:
      "A tree is one problem and one seed. Rollouts to the first success are counted over solved trees. Candidates of a node are judged " +
      "as a group; its top share is the share of visits that went to the most visited one.",
    blocks: [
      ...await firstSuccess(context, trees),
      {
        type: "table",
        id: "trees",
        title: "Trees",
        columns: [
          { key: "round", label: "round", format: "integer" },
          { key: "trees", label: "trees", format: "integer" },
          { key: "solved", label: "solved", format: "integer" },
          { key: "median_first", label: "rollouts to first success, median", format: "number" },
          { key: "late_first", label: "90 % within", format: "number" },
          { key: "rollouts", label: "rollouts a tree", format: "number" },
          { key: "nodes", label: "nodes a tree", format: "number" },
          { key: "seconds", label: "seconds a tree", format: "number" },
          { key: "early", label: "stopped before their budget", format: "percent" },
        ],
        rows: trees,
      },
      ...await depths(context),
      await branching(context),
      await visits(context),
      ...await values(context),
    ],
  };
}

function treeRows({ reader, run }: ReportContext) {
  return readRows(reader, treeRow, {
    sql: `SELECT round, count(*) AS trees, count(*) FILTER (solved) AS solved,
        quantile_cont(first_correct_rollout, 0.5) AS median_first, quantile_cont(first_correct_rollout, 0.9) AS late_first,
        avg(rollouts) AS rollouts, avg(nodes) AS nodes, avg(seconds) AS seconds,
        avg((stop_reason <> 'budget')::INTEGER) AS early
      FROM trees WHERE run = $1 GROUP BY ALL ORDER BY round`,
    parameters: [run],
  });
}

async function firstSuccess(
  { reader, run }: ReportContext,
  trees: readonly z.output<typeof treeRow>[],
): Promise<readonly Block[]> {
  const rows = await readRows(reader, firstRow, {
    sql: `SELECT round, first_correct_rollout AS rollout, count(*) AS trees FROM trees
      WHERE run = $1 AND first_correct_rollout IS NOT NULL GROUP BY ALL ORDER BY ALL`,
    parameters: [run],
  });
  if (rows.length === 0) return [];
  const ofAll = new Map(trees.map(({ round, trees }) => [round, trees]));
  return [{
    type: "chart",
    id: "first_success_chart",
    title: "Share of trees solved within so many rollouts",
    kind: "lines",
    x: { label: "rollouts", format: "integer" },
    y: { label: "trees solved", format: "percent" },
    series: [...groupBy(rows, ({ round }) => round)].map(([round, own]) => {
      let solved = 0;
      return {
        name: roundName(round),
        points: own.map(({ rollout, trees }) => ({
          x: rollout,
          y: (solved += trees) / (ofAll.get(round) as number),
        })),
      };
    }),
  }];
}

async function depths({ reader, run }: ReportContext): Promise<readonly Block[]> {
  const rows = await readRows(reader, depthRow, {
    sql:
      `SELECT round, steps, count(*) FILTER (correct) AS right, count(*) FILTER (NOT correct) AS wrong
      FROM trajectories WHERE run = $1 GROUP BY ALL ORDER BY ALL`,
    parameters: [run],
  });
  if (rows.length === 0) return [];
  const last = Math.max(...rows.map(({ round }) => round));
  const shown = rows.filter(({ round }) => round === last);
  return [{
    type: "chart",
    id: "depth_chart",
    title: `Steps of a solution, ${roundName(last)}`,
    kind: "bars",
    x: { label: "steps", format: "integer" },
    y: { label: "solutions", format: "integer" },
    series: (["right", "wrong"] as const).map((name) => ({
      name,
      points: shown.map((row) => ({ x: row.steps, y: row[name] })),
    })),
  }, {
    type: "table",
    id: "depths",
    title: "Solutions by number of steps",
    columns: [
      { key: "round", label: "round", format: "integer" },
      { key: "steps", label: "steps", format: "integer" },
      { key: "right", label: "right", format: "integer" },
      { key: "wrong", label: "wrong", format: "integer" },
    ],
    rows,
  }];
}

async function branching({ reader, run }: ReportContext): Promise<Block> {
  return {
    type: "table",
    id: "branching",
    title: "Candidates of a node, by depth",
    columns: [
      { key: "round", label: "round", format: "integer" },
      { key: "depth", label: "depth", format: "integer" },
      { key: "groups", label: "groups", format: "integer" },
      { key: "candidates", label: "candidates", format: "number" },
      { key: "explored", label: "explored", format: "number" },
      { key: "failed", label: "failed", format: "percent" },
      { key: "top_share", label: "top share", format: "percent" },
    ],
    rows: await readRows(reader, branchRow, {
      sql:
        `SELECT round, depth, count(*) AS groups, avg(candidates) AS candidates, avg(explored) AS explored,
          avg(failed / candidates) AS failed, avg(top_share) AS top_share
        FROM sibling_groups WHERE run = $1 GROUP BY ALL ORDER BY round, depth`,
      parameters: [run],
    }),
  };
}

async function visits({ reader, run }: ReportContext): Promise<Block> {
  return {
    type: "table",
    id: "visits",
    title: "Candidates that ran, by visits",
    columns: [
      { key: "round", label: "round", format: "integer" },
      { key: "at_least", label: "visits, at least", format: "integer" },
      { key: "nodes", label: "candidates", format: "integer" },
    ],
    rows: await readRows(reader, visitRow, {
      sql: `SELECT t.round_no AS round,
          CASE WHEN n.visits = 0 THEN 0 ELSE (2 ** floor(log2(n.visits)))::INTEGER END AS at_least, count(*) AS nodes
        FROM node n JOIN tree t USING (tree_id) JOIN run r USING (run_no)
        WHERE r.name = $1 AND n.kind <> 'root' AND n.status = 'ok' GROUP BY ALL ORDER BY ALL`,
      parameters: [run],
    }),
  };
}

async function values({ reader, run }: ReportContext): Promise<readonly Block[]> {
  const rows = await readRows(reader, valueRow, {
    sql:
      `SELECT t.round_no AS round, n.depth, count(*) AS nodes, avg(n.q_value) AS mean_q, avg(n.ppm_logit) AS mean_ppm,
        avg(n.right_answers / nullif(n.right_answers + n.wrong_answers, 0)) AS success
      FROM node n JOIN tree t USING (tree_id) JOIN run r USING (run_no)
      WHERE r.name = $1 AND n.kind <> 'root' AND n.status = 'ok' GROUP BY ALL ORDER BY round, depth`,
    parameters: [run],
  });
  return [{
    type: "chart",
    id: "q_by_depth_chart",
    title: "Mean Q by depth",
    kind: "lines",
    x: { label: "depth", format: "integer" },
    y: { label: "mean Q", format: "number" },
    series: [...groupBy(rows, ({ round }) => round)].map(([round, own]) => ({
      name: roundName(round),
      points: own.flatMap(({ depth, mean_q }) => mean_q === null ? [] : [{ x: depth, y: mean_q }]),
    })),
  }, {
    type: "table",
    id: "q_by_depth",
    title: "Values of candidates that ran, by depth",
    columns: [
      { key: "round", label: "round", format: "integer" },
      { key: "depth", label: "depth", format: "integer" },
      { key: "nodes", label: "candidates", format: "integer" },
      { key: "mean_q", label: "mean Q", format: "number" },
      { key: "mean_ppm", label: "mean raw PPM score", format: "number" },
      { key: "success", label: "right answers below", format: "percent" },
    ],
    rows,
  }];
}
