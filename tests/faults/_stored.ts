import { openReadOnly, openStore } from "../../lib/store/mod.ts";

/** Everything of a database that depends neither on time nor on the order in which trees were grown. */
export async function contents(path: string): Promise<unknown> {
  return await Promise.all([
    rows(
      path,
      `SELECT p.problem_id, t.seed, t.n_nodes, t.n_rollouts, t.solved, t.correct_terminals, t.wrong_terminals,
         t.first_correct_rollout, t.stop_reason::VARCHAR, t.policy_requests, t.prompt_tokens, t.generated_tokens
       FROM tree t JOIN problem p USING (problem_no) ORDER BY ALL`,
    ),
    rows(
      path,
      `SELECT p.problem_id, t.seed, n.node_id, n.parent_id, n.depth, n.kind::VARCHAR, n.status::VARCHAR, n.step_text, n.code,
         n.execution::VARCHAR, n.stdout, n.error_type, n.error_message, n.error_line, n.visits, n.value_sum, n.ppm_logit,
         n.q_value, n.path_q, n.multiplicity, n.draw_index, n.terminal, n.closed, n.correct, n.answer, n.generated_tokens
       FROM node n JOIN tree t USING (tree_id) JOIN problem p USING (problem_no) ORDER BY ALL`,
    ),
    rows(
      path,
      `SELECT p.problem_id, t.seed, r.rollout_no, r.leaf_id, r.value
       FROM rollout r JOIN tree t USING (tree_id) JOIN problem p USING (problem_no) ORDER BY ALL`,
    ),
  ]);
}

/** Trees by problem and seed. */
export async function treeKeys(path: string): Promise<readonly string[]> {
  const found = await rows(
    path,
    "SELECT p.problem_id, t.seed FROM tree t JOIN problem p USING (problem_no) ORDER BY ALL",
  );
  return found.map((key) => key.join("/"));
}

/** Trees of which nodes are missing, or that nodes without a tree point to. */
export async function tornTrees(path: string): Promise<number> {
  await using store = await openStore(path);
  return await store.tornTrees();
}

async function rows(path: string, sql: string): Promise<readonly (readonly unknown[])[]> {
  using database = await openReadOnly(path);
  const { batches } = await database.query(sql);
  return (await Array.fromAsync(batches)).flat();
}
