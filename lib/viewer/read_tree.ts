import { z } from "zod";
import type { SqlReader } from "../store/mod.ts";
import { readRows } from "./_rows.ts";
import type { TreeColumns } from "./api.ts";
import { TREES } from "./list_trees.ts";

/** Most trees that are offered to compare with. */
const MAX_OTHERS = 200;

/** Longest answer of a node that is sent with the tree, in characters. */
const MAX_ANSWER = 80;

const HeadCells = z.tuple([
  z.string(),
  z.number(),
  z.number(),
  z.string(),
  z.string(),
  z.string(),
  z.number().nullable(),
  z.boolean(),
  z.string(),
]);

/** A tree without its texts; `null` if it is not stored. */
export async function readTreeColumns(
  reader: SqlReader,
  tree: string,
): Promise<TreeColumns | null> {
  const [[head], others, nodes] = await Promise.all([
    readRows(
      reader,
      `SELECT r.name, t.round_no, t.seed, p.problem_id, p.question, p.answer, p.level, t.solved, t.stop_reason
       ${TREES} WHERE t.tree_id = $1::UBIGINT`,
      [tree],
    ),
    readOthers(reader, tree),
    readNodeCells(reader, tree),
  ]);
  if (head === undefined) return null;
  const [run, round, seed, problem, question, reference, level, solved, stop] = HeadCells.parse(
    head,
  );
  return {
    tree,
    run,
    round,
    seed,
    problem,
    question,
    reference,
    level,
    solved,
    stop,
    others,
    ...nodeColumns(nodes),
  };
}

async function readOthers(reader: SqlReader, tree: string) {
  const others = await readRows(
    reader,
    `SELECT t.tree_id::VARCHAR, r.name || ' round ' || t.round_no || ' seed ' || t.seed ${TREES}
     WHERE t.problem_no = (SELECT problem_no FROM tree WHERE tree_id = $1::UBIGINT) AND t.tree_id <> $1::UBIGINT
     ORDER BY t.tree_id LIMIT ${MAX_OTHERS}`,
    [tree],
  );
  return others.map(([other, label]) => ({ tree: String(other), label: String(label) }));
}

const NodeColumns = z.tuple([
  z.array(z.number()),
  z.array(z.number().nullable()),
  z.array(z.string()),
  z.array(z.string()),
  z.array(z.number()),
  z.array(z.number().nullable()),
  z.array(z.boolean().nullable()),
  z.array(z.string().nullable()),
]);

/** One list a column: a row a node would make ten thousand small objects on both sides. */
async function readNodeCells(reader: SqlReader, tree: string): Promise<unknown> {
  const names = [
    "node_id",
    "parent_id",
    "kind::VARCHAR",
    "status::VARCHAR",
    "visits",
    "q_value",
    "correct",
    `left(answer, ${MAX_ANSWER})`,
  ];
  const [cells] = await readRows(
    reader,
    `SELECT ${names.map((name) => `list(${name} ORDER BY node_id)`).join(", ")}
     FROM node WHERE tree_id = $1::UBIGINT`,
    [tree],
  );
  return cells;
}

function nodeColumns(cells: unknown) {
  const [id, parent, kind, status, visits, q, correct, answer] = NodeColumns.parse(cells);
  return { id, parent, kind, status, visits, q, correct, answer };
}
