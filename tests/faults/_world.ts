/** Texts of the campaign's models, and so all that a store may hold: whatever else is found there was made by a fault. */
import { openReadOnly } from "../../lib/store/mod.ts";

/** Reply of `/pooling`, without activation. */
export function poolingReply(texts: readonly string[]) {
  return {
    data: texts.map((text, index) => ({ index, object: "pooling", data: [logitOf(text)] })),
    usage: { prompt_tokens: 10 * texts.length },
  };
}

/** A PPM that is right: it dislikes a difference. */
function logitOf(path: string): number {
  return /total = \d+ - /.test(path) ? -1.5 : 1.25;
}

interface StoredNode {
  readonly tree: string;
  readonly question: string;
  readonly id: number;
  readonly parent: number | null;
  readonly text: string;
  readonly status: string;
  readonly stdout: string | null;
  readonly logit: number | null;
}

/** Nodes of a store that the models never said, or that came out otherwise than they must; empty when all is as it should be. */
export async function impossibleNodes(path: string): Promise<readonly string[]> {
  const nodes = await readNodes(path);
  const byKey = new Map(nodes.map((node) => [`${node.tree}/${node.id}`, node]));
  return nodes.flatMap((node) => {
    const problem = node.parent === null ? null : problemOf(node, byKey);
    return problem === null ? [] : [`tree ${node.tree}, node ${node.id}: ${problem}`];
  });
}

function problemOf(node: StoredNode, byKey: ReadonlyMap<string, StoredNode>): string | null {
  const path = pathTo(node, byKey);
  const [a = NaN, b = NaN] = [...node.question.matchAll(/\d+/g)].map(Number);
  const isDifference = path.some(({ text }) => text.includes(`total = ${a} - ${b}`));
  const total = isDifference ? a - b : a + b;
  const known = [
    ...["+", "-"].map((sign) => [`total = ${a} ${sign} ${b}`, "ok", ""] as const),
    [`total = ${b} + ${a}`, "ok", ""],
    [`total = ${a} +`, "code_error", ""],
    ["print(total)", "ok", `${total}\n`],
    [`<answer>It is \\boxed{${total}}.`, "ok", ""],
  ] as const;
  const said = known.find(([text]) => node.text.split("\n").includes(text));
  if (said === undefined) return `nobody said ${JSON.stringify(node.text)}`;
  const [, status, stdout] = said;
  if (node.status !== status) return `expected status ${status}, got ${node.status}`;
  if ((node.stdout ?? "") !== stdout) {
    return `expected output ${JSON.stringify(stdout)}, got ${JSON.stringify(node.stdout)}`;
  }
  const logit = isDifference ? -1.5 : 1.25;
  return node.logit === null || node.logit === logit
    ? null
    : `expected a score of ${logit}, got ${node.logit}`;
}

function pathTo(
  node: StoredNode,
  byKey: ReadonlyMap<string, StoredNode>,
): readonly StoredNode[] {
  const parent = node.parent === null ? undefined : byKey.get(`${node.tree}/${node.parent}`);
  return parent === undefined ? [node] : [...pathTo(parent, byKey), node];
}

async function readNodes(path: string): Promise<readonly StoredNode[]> {
  using database = await openReadOnly(path);
  const { batches } = await database.query(
    `SELECT n.tree_id::VARCHAR, p.question, n.node_id, n.parent_id, n.step_text, n.status::VARCHAR, n.stdout, n.ppm_logit
     FROM node n JOIN tree t USING (tree_id) JOIN problem p USING (problem_no)`,
  );
  const rows = (await Array.fromAsync(batches)).flat();
  const textOrNull = (value: unknown) => value === null ? null : String(value);
  const numberOrNull = (value: unknown) => value === null ? null : Number(value);
  return rows.map(([tree, question, id, parent, text, status, stdout, logit]) => ({
    tree: String(tree),
    question: String(question),
    id: Number(id),
    parent: numberOrNull(parent),
    text: String(text),
    status: String(status),
    stdout: textOrNull(stdout),
    logit: numberOrNull(logit),
  }));
}
