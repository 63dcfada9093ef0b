import { z } from "zod";
import { type NodeKind, type NodeStatus, StoreError } from "../core/mod.ts";
import type { SqlReader } from "../store/sql_reader.ts";
import type { ExportedNode, ExportedProblem, ExportedTree } from "./exported_tree.ts";

/** Which trees data is made from. */
export interface TreeSource {
  readonly runNo: number;
  readonly rounds: readonly number[];
}

/** Nodes that are read at once: what bounds memory, whatever the size of the store. */
const NODES_AT_ONCE = 200_000;

const Count = z.tuple([z.number(), z.number()]);
const Problem = z.tuple([
  z.number(),
  z.string(),
  z.string(),
  z.string(),
  z.number().nullable(),
]);
/**
 * Columns of the node query and their types in the schema. They are checked once a query: DuckDB's columns are typed, and looking
 * at each of millions of rows again would take as long as reading them.
 */
const NODE_COLUMNS = [
  ["t.problem_no", "UINTEGER"],
  ["n.tree_id::VARCHAR", "VARCHAR"],
  ["t.round_no", "UTINYINT"],
  ["t.seed", "USMALLINT"],
  ["n.node_id", "UINTEGER"],
  ["n.parent_id", "UINTEGER"],
  ["n.depth", "UTINYINT"],
  ["n.kind", "ENUM"],
  ["n.status", "ENUM"],
  ["n.step_text", "VARCHAR"],
  ["n.code", "VARCHAR"],
  ["n.visits", "UINTEGER"],
  ["n.value_sum", "DOUBLE"],
  ["n.q_value", "DOUBLE"],
  ["n.correct", "BOOLEAN"],
] as const;

type NodeRow = readonly [
  problemNo: number,
  treeId: string,
  round: number,
  seed: number,
  nodeId: number,
  parentId: number | null,
  depth: number,
  kind: NodeKind,
  status: NodeStatus,
  text: string,
  code: string | null,
  visits: number,
  valueSum: number,
  qValue: number | null,
  correct: boolean | null,
];

/**
 * Reads the problems of some rounds with their trees, in the order of problem numbers. Memory holds one slice of problems at a
 * time, with about 200,000 nodes.
 */
export async function* readExportedProblems(
  reader: SqlReader,
  source: TreeSource,
  signal?: AbortSignal,
): AsyncGenerator<ExportedProblem> {
  for (const slice of slices(await nodeCounts(reader, source))) {
    signal?.throwIfAborted();
    yield* await readSlice(reader, source, slice);
  }
}

/** Trees and nodes of the source. */
export async function countTrees(
  reader: SqlReader,
  source: TreeSource,
): Promise<{ readonly trees: number; readonly nodes: number }> {
  const [row] = await rows(
    reader,
    `SELECT count(*), coalesce(sum(n_nodes), 0)::UBIGINT FROM tree WHERE run_no = $1 AND ${
      inRounds(source)
    }`,
    [source.runNo],
  );
  const [trees, nodes] = Count.parse(row);
  return { trees, nodes };
}

interface Slice {
  readonly first: number;
  readonly last: number;
}

async function nodeCounts(reader: SqlReader, source: TreeSource) {
  const counts = await rows(
    reader,
    `SELECT problem_no, sum(n_nodes)::UBIGINT FROM tree WHERE run_no = $1 AND ${inRounds(source)}
     GROUP BY problem_no ORDER BY problem_no`,
    [source.runNo],
  );
  return counts.map((row) => Count.parse(row));
}

function* slices(counts: readonly (readonly [number, number])[]): Generator<Slice> {
  let first: number | null = null;
  let last = 0;
  let nodes = 0;
  for (const [problemNo, count] of counts) {
    if (first !== null && nodes + count > NODES_AT_ONCE) {
      yield { first, last };
      first = null;
      nodes = 0;
    }
    first ??= problemNo;
    last = problemNo;
    nodes += count;
  }
  if (first !== null) yield { first, last };
}

async function readSlice(
  reader: SqlReader,
  source: TreeSource,
  { first, last }: Slice,
): Promise<readonly ExportedProblem[]> {
  const trees = new Map<number, Map<string, { tree: ExportedTree; nodes: ExportedNode[] }>>();
  const parameters = [source.runNo, first, last];
  // Both keys of the join are numbers of one range, which lets DuckDB skip whole row groups of other problems.
  const nodes = await reader.query(
    `SELECT ${NODE_COLUMNS.map(([column]) => column).join(", ")}
     FROM node n JOIN (SELECT tree_id, problem_no, round_no, seed FROM tree
       WHERE run_no = $1 AND problem_no BETWEEN $2 AND $3 AND ${inRounds(source)}) t USING (tree_id)
     ORDER BY t.problem_no, t.round_no, t.seed, n.node_id`,
    { parameters },
  );
  checkTypes(nodes.types);
  for await (const batch of nodes.batches) {
    for (const row of batch) addNode(trees, row as unknown as NodeRow);
  }
  const problems = await rows(
    reader,
    "SELECT problem_no, problem_id, source, question, level FROM problem WHERE problem_no BETWEEN $1 AND $2 ORDER BY 1",
    [first, last],
  );
  return problems.flatMap((row) => {
    const [problemNo, problemId, origin, question, level] = Problem.parse(row);
    const own = trees.get(problemNo);
    if (own === undefined) return [];
    return [{
      problemId,
      source: origin,
      question,
      level,
      trees: [...own.values()].map(({ tree }) => tree),
    }];
  });
}

/** @throws {StoreError} If the columns are not those of our schema. */
function checkTypes(types: readonly string[]): void {
  for (const [i, [column, wanted]] of NODE_COLUMNS.entries()) {
    const type = types[i] ?? "nothing";
    if (type === wanted || (wanted === "ENUM" && type.startsWith("ENUM"))) continue;
    throw new StoreError(`Cannot read ${column}: expected ${wanted}, the database holds ${type}`);
  }
}

function addNode(
  trees: Map<number, Map<string, { tree: ExportedTree; nodes: ExportedNode[] }>>,
  row: NodeRow,
): void {
  const [problemNo, treeId, round, seed, nodeId, parentId, depth, kind, status, ...rest] = row;
  const [text, code, visits, valueSum, qValue, correct] = rest;
  let own = trees.get(problemNo);
  if (own === undefined) trees.set(problemNo, own = new Map());
  let entry = own.get(treeId);
  if (entry === undefined) {
    const nodes: ExportedNode[] = [];
    own.set(treeId, entry = { tree: { treeId, round, seed, nodes }, nodes });
  }
  entry.nodes.push({
    ...{ nodeId, parentId, depth, kind, status, text, code },
    ...{ visits, valueSum, qValue, correct },
  });
}

/** Rounds are small numbers of our own; a list cannot be bound to `IN`. */
function inRounds({ rounds }: TreeSource): string {
  if (!rounds.every(Number.isInteger)) {
    throw new RangeError("Cannot read rounds: expected integers");
  }
  return `round_no IN (${rounds.length === 0 ? "NULL" : rounds.join(", ")})`;
}

async function rows(
  reader: SqlReader,
  sql: string,
  parameters: readonly number[],
): Promise<readonly (readonly unknown[])[]> {
  const { batches } = await reader.query(sql, { parameters });
  const all: (readonly unknown[])[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
