import { z } from "zod";
import { measured, optionalText, readRows, type ReportContext } from "../_context.ts";
import { clip, clipOrNull } from "../_text.ts";
import { emptySection, type Section, type TreeBlock, type TreeNode } from "../document.ts";

const treeRow = z.object({
  why: z.string(),
  tree_id: z.union([z.number(), z.string()]),
  round: z.number(),
  seed: z.number(),
  problem_id: z.string(),
  question: z.string(),
  reference: z.string(),
  nodes: z.number(),
});

const nodeRow = z.object({
  node_id: z.number(),
  parent_id: z.number(),
  kind: z.string(),
  status: z.string(),
  step_text: z.string(),
  stdout: optionalText,
  error: optionalText,
  answer: optionalText,
  correct: z.boolean().nullable(),
  visits: z.number(),
  q_value: measured,
  path_q: measured,
  ppm_logit: measured,
});

type NodeRow = z.output<typeof nodeRow>;

/** Nodes of a tree that are shown, and characters of a step and of its output. */
const SHOWN_NODES = 120;
const STEP_LENGTH = 1500;
const OUTPUT_LENGTH = 300;

const HEAD = { id: "examples", title: "Example trees" };

/** A few trees of the last round, as nested steps. */
export async function exampleTreesSection(context: ReportContext): Promise<Section> {
  const trees = await chooseTrees(context);
  if (trees.length === 0) return emptySection({ ...HEAD, lead: "The run has no finished tree." });
  const blocks: TreeBlock[] = [];
  for (const [index, tree] of trees.entries()) blocks.push(await treeBlock(context, tree, index));
  return {
    ...HEAD,
    lead:
      `Of the last round: a typical solved tree, the one that was solved latest, and the unsolved one that was searched longest. The ` +
      `${SHOWN_NODES} most visited nodes of each; the path of the best answer is open.`,
    blocks,
  };
}

function chooseTrees({ reader, run }: ReportContext) {
  return readRows(reader, treeRow, {
    sql: `WITH own AS (
        SELECT t.*, p.question, p.answer AS reference FROM trees t JOIN problem p USING (problem_id)
        WHERE t.run = $1 AND t.round = (SELECT max(round) FROM trees WHERE run = $1)),
      middle AS (SELECT median(nodes) AS nodes FROM own WHERE solved),
      picked AS (
        (SELECT 1 AS place, 'Typical' AS why, own.* FROM own, middle WHERE solved
          ORDER BY abs(own.nodes - middle.nodes), tree_id LIMIT 1)
        UNION ALL
        (SELECT 2, 'Solved latest', * FROM own WHERE solved ORDER BY first_correct_rollout DESC, tree_id LIMIT 1)
        UNION ALL
        (SELECT 3, 'Unsolved', * FROM own WHERE NOT solved ORDER BY rollouts DESC, nodes DESC, tree_id LIMIT 1))
      SELECT why, tree_id, round, seed, problem_id, question, reference, nodes FROM picked
      QUALIFY row_number() OVER (PARTITION BY tree_id ORDER BY place) = 1 ORDER BY place`,
    parameters: [run],
  });
}

async function treeBlock(
  { reader }: ReportContext,
  tree: z.output<typeof treeRow>,
  index: number,
): Promise<TreeBlock> {
  // A parent has at least the visits of its children and a smaller number, so the first rows are a tree by themselves.
  const nodes = await readRows(reader, nodeRow, {
    sql: `SELECT node_id, parent_id, kind, status, left(step_text, ${STEP_LENGTH + 1}) AS step_text,
        left(stdout, ${OUTPUT_LENGTH + 1}) AS stdout,
        CASE WHEN error_type IS NOT NULL THEN error_type || ': ' || coalesce(error_message, '') END AS error, answer, correct, visits,
        q_value, path_q, ppm_logit
      FROM node WHERE tree_id = $1::UBIGINT AND kind <> 'root' ORDER BY visits DESC, node_id LIMIT ${SHOWN_NODES}`,
    parameters: [String(tree.tree_id)],
  });
  return {
    type: "tree",
    id: `tree_${index}`,
    title: `${tree.why}: ${clip(tree.problem_id, 80)}, round ${tree.round}, seed ${tree.seed}`,
    problemId: clip(tree.problem_id, 80),
    question: clip(tree.question, 1000),
    reference: clip(tree.reference, 200),
    nodes: tree.nodes,
    shown: nodes.length,
    roots: nest(nodes),
  };
}

function nest(nodes: readonly NodeRow[]): readonly TreeNode[] {
  const children = Map.groupBy(nodes, ({ parent_id }) => parent_id);
  const best = bestPath(nodes);
  const build = (parent: number): readonly TreeNode[] =>
    (children.get(parent) ?? []).map((node) => ({
      nodeId: node.node_id,
      kind: node.kind,
      status: node.status,
      text: clip(node.step_text, STEP_LENGTH),
      output: clipOrNull(node.stdout, OUTPUT_LENGTH),
      error: clipOrNull(node.error, OUTPUT_LENGTH),
      answer: clipOrNull(node.answer, 200),
      correct: node.correct,
      visits: node.visits,
      q: node.q_value,
      ppm: node.ppm_logit,
      isBest: best.has(node.node_id),
      children: build(node.node_id),
    }));
  return build(0);
}

/** Nodes from the first step to the best answer: a right one before a wrong one, then the one of highest mean Q. */
function bestPath(nodes: readonly NodeRow[]): ReadonlySet<number> {
  const byId = new Map(nodes.map((node) => [node.node_id, node]));
  const rank = ({ correct, path_q }: NodeRow) => (correct === true ? 10 : 0) + (path_q ?? -2);
  const answers = nodes.filter(({ kind }) => kind === "answer");
  const [first] = answers.length > 0 ? answers : nodes;
  const path = new Set<number>();
  if (first === undefined) return path;
  const best = answers.reduce((a, b) => rank(b) > rank(a) ? b : a, first);
  for (let at: NodeRow | undefined = best; at !== undefined; at = byId.get(at.parent_id)) {
    path.add(at.node_id);
  }
  return path;
}
