/**
 * Reading trees for export: problem by problem, in the order of their numbers.
 *
 * Invariant: memory holds one problem, and DuckDB one slice of problems, however large the store is. Every statement names the ids
 * it wants as ranges of `tree_id`, so that DuckDB skips the rest of the file by its zone maps.
 */
import { z } from "zod";
import type { Json } from "../core/mod.ts";
import type { SqlReader } from "../store/sql_reader.ts";
import type { ExportedProblem } from "./exported_tree.ts";
import { groupTrees } from "./_group_trees.ts";
import { limitRollouts, type RolloutEnd } from "./limit_rollouts.ts";

/** Which trees data is made from. */
export interface TreeSource {
  readonly runNo: number;
  readonly rounds: readonly number[];
}

/** Which nodes are needed besides the root. */
export interface NodeSelection {
  /** `right`: those that lead to a right answer; `judged`: to any answer; `visited`: those that a rollout passed through as well. */
  readonly leading: "right" | "judged" | "visited";
  /** Failed candidates too. */
  readonly failures: boolean;
  /** Number of the model whose scores of nodes are wanted; `null` for none. */
  readonly scorer: number | null;
  /** How many rollouts of every tree count, the first ones; `null` for all. */
  readonly rollouts: number | null;
}

/** Options of {@linkcode readProblems}. */
export interface ReadProblemsOptions extends TreeSource {
  readonly nodes: NodeSelection;
  /** Stored nodes that DuckDB sorts at once. @default 150_000 */
  readonly sliceNodes?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Trees of a source, counted. */
export interface SourceCounts {
  /** Name of the run; `null` where there is none of this number. */
  readonly run: string | null;
  readonly trees: number;
  readonly nodes: number;
}

const Counts = z.tuple([z.string().nullable(), z.number(), z.number()]);
const Slice = z.tuple([z.number(), z.number()]);
const ProblemRow = z.tuple([
  z.number(),
  z.string(),
  z.string(),
  z.string(),
]);
const RolloutRow = z.tuple([z.string(), z.number().nullable(), z.number()]);

/** Counts the trees of a source. */
export async function countTrees(reader: SqlReader, source: TreeSource): Promise<SourceCounts> {
  const [row] = await allRows(
    reader,
    `SELECT (SELECT name FROM run WHERE run_no = $1), count(*), coalesce(sum(n_nodes), 0)::UBIGINT
     FROM tree WHERE run_no = $1 AND ${inRounds(source)}`,
    [source.runNo],
  );
  const [run, trees, nodes] = Counts.parse(row);
  return { run, trees, nodes };
}

/** Reads the problems of a source with their trees; what `nodes` does not ask for is left out of the trees. */
export async function* readProblems(
  reader: SqlReader,
  options: ReadProblemsOptions,
): AsyncGenerator<ExportedProblem> {
  const { sliceNodes = 150_000 } = options;
  for (const slice of await slicesOf(reader, options, sliceNodes)) {
    options.signal?.throwIfAborted();
    const problems = await problemsOf(reader, slice);
    const rollouts = await rolloutsOf(reader, options, slice);
    const { batches } = await reader.query(nodesSql(options, slice));
    for await (const { problemNo, trees } of groupTrees(batches)) {
      const problem = problems.get(problemNo);
      if (problem === undefined) continue;
      const seen = rollouts === null
        ? trees
        : trees.map((tree) => limitRollouts(tree, rollouts.get(tree.treeId) ?? []));
      yield { ...problem, trees: seen };
    }
  }
}

interface ProblemSlice {
  readonly first: number;
  readonly last: number;
}

async function slicesOf(
  reader: SqlReader,
  source: TreeSource,
  sliceNodes: number,
): Promise<readonly ProblemSlice[]> {
  const rows = await allRows(
    reader,
    `SELECT min(problem_no), max(problem_no) FROM (
       SELECT problem_no, (sum(sum(n_nodes)) OVER (ORDER BY problem_no) - 1) // $2 AS slice
       FROM tree WHERE run_no = $1 AND ${inRounds(source)} GROUP BY problem_no)
     GROUP BY slice ORDER BY 1`,
    [source.runNo, sliceNodes],
  );
  return rows.map((row) => {
    const [first, last] = Slice.parse(row);
    return { first, last };
  });
}

type PlainProblem = Omit<ExportedProblem, "trees">;

async function problemsOf(
  reader: SqlReader,
  { first, last }: ProblemSlice,
): Promise<ReadonlyMap<number, PlainProblem>> {
  const rows = await allRows(
    reader,
    "SELECT problem_no, problem_id, source, question FROM problem WHERE problem_no BETWEEN $1 AND $2",
    [first, last],
  );
  return new Map(rows.map((row) => {
    const [problemNo, problemId, source, question] = ProblemRow.parse(row);
    return [problemNo, { problemId, source, question }];
  }));
}

/** The rollouts that count, by tree; `null` where all of them do. */
async function rolloutsOf(
  reader: SqlReader,
  options: ReadProblemsOptions,
  slice: ProblemSlice,
): Promise<ReadonlyMap<string, readonly RolloutEnd[]> | null> {
  const { rollouts } = options.nodes;
  if (rollouts === null) return null;
  const select = ({ from, to }: IdRange) =>
    `SELECT * FROM rollout WHERE tree_id BETWEEN ${from} AND ${to} AND rollout_no < ${rollouts}`;
  const rows = await allRows(
    reader,
    `SELECT tree_id::VARCHAR, leaf_id, value FROM (${
      idRanges(options, slice).map(select).join(" UNION ALL ")
    }) ORDER BY tree_id, rollout_no`,
    [],
  );
  const byTree = new Map<string, RolloutEnd[]>();
  for (const row of rows) {
    const [treeId, leafId, value] = RolloutRow.parse(row);
    const own = byTree.get(treeId);
    if (own === undefined) byTree.set(treeId, [{ leafId, value }]);
    else own.push({ leafId, value });
  }
  return byTree;
}

/** A statement of numbers alone, all of them our own: ids as literals are what zone maps are compared with. */
function nodesSql(options: ReadProblemsOptions, slice: ProblemSlice): string {
  const { nodes } = options;
  const ranges = idRanges(options, slice);
  const score = nodes.scorer === null ? "NULL" : "s.score";
  const scores = nodes.scorer === null
    ? ""
    : `LEFT JOIN (SELECT tree_id, node_id, score FROM node_score WHERE scorer = ${nodes.scorer}
         AND tree_id BETWEEN ${ranges[0]?.from ?? 0} AND ${
      ranges.at(-1)?.to ?? 0
    }) s USING (tree_id, node_id)`;
  const select = ({ from, to }: IdRange) =>
    `SELECT * FROM node WHERE tree_id BETWEEN ${from} AND ${to} AND (${wanted(nodes)})`;
  return `SELECT n.tree_id::VARCHAR, ((n.tree_id >> 12) & 16777215)::UINTEGER AS problem_no,
      ((n.tree_id >> 36) & 15)::UTINYINT AS round_no, (n.tree_id & 4095)::USMALLINT AS seed,
      n.node_id, n.parent_id, n.kind, n.status, n.step_text, n.code, n.visits, n.value_sum, n.q_value, n.correct,
      n.right_answers, n.wrong_answers, n.generated_tokens, ${score}
    FROM (${ranges.map(select).join(" UNION ALL ")}) n ${scores}
    ORDER BY problem_no, round_no, seed, n.node_id`;
}

interface IdRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** Trees of a slice, one range a round: run 8 bits, round 4, problem 24, seed 12 (docs/architecture.md, "store"). */
function idRanges({ runNo, rounds }: TreeSource, { first, last }: ProblemSlice): IdRange[] {
  return rounds.toSorted((a, b) => a - b).map((round) => {
    const above = (BigInt(runNo) << 40n) | (BigInt(round) << 36n);
    return { from: above | (BigInt(first) << 12n), to: above | (BigInt(last) << 12n) | 4095n };
  });
}

const LEADING = {
  right: "right_answers > 0",
  judged: "right_answers + wrong_answers > 0",
  visited: "visits > 0 OR right_answers + wrong_answers > 0",
} as const satisfies Record<NodeSelection["leading"], string>;

function wanted({ leading, failures }: NodeSelection): string {
  const failed = failures ? " OR (terminal AND status NOT IN ('ok', 'screened_out'))" : "";
  return `parent_id IS NULL OR ${LEADING[leading]}${failed}`;
}

/** Rounds are small numbers of our own; a list cannot be bound to `IN`. */
function inRounds({ rounds }: TreeSource): string {
  if (rounds.length === 0 || !rounds.every((round) => Number.isInteger(round) && round >= 0)) {
    throw new RangeError(`Cannot read rounds: expected whole numbers, got [${rounds.join(", ")}]`);
  }
  return `round_no IN (${rounds.join(", ")})`;
}

async function allRows(
  reader: SqlReader,
  sql: string,
  parameters: readonly number[],
): Promise<readonly (readonly Json[])[]> {
  const { batches } = await reader.query(sql, { parameters });
  return (await Array.fromAsync(batches)).flat();
}
