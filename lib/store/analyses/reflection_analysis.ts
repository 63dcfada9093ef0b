/** How often something was taken back: by the search, and by a solution itself. */
import { type Analysis, ASKED_TREE, RUN_AND_ROUND } from "./analysis.ts";

/** Words of somebody who takes something back; English only. */
const REVISING_WORDS =
  "(?i)\\b(wait|oops|mistake|mistaken|incorrect|recheck|re-check|reconsider|start over|try again|on second thought)\\b";

/** Names that a step assigns at the beginning of a line. */
const ASSIGNED_NAME = "(?m)^([A-Za-z_][A-Za-z_0-9]*)\\s*=[^=]";

/** @see {@linkcode Analysis} */
export const REFLECTION: Analysis = {
  name: "reflection",
  sentence:
    "How often search left a branch it had favoured and solved the problem elsewhere, and how often a solution revises an earlier result.",
  counting:
    "`left_favoured_branch`, of solved trees: at some node on the path of the first right rollout, another candidate had been passed " +
    "through by at least two earlier rollouts, and by more than the one that led to the answer. `says_so`, of judged solutions: a step " +
    "contains a word of revision (wait, mistake, recheck, try again and the like; English only). `assigns_again`, of judged solutions: " +
    "a step assigns a name that an earlier step of the same solution assigned. right_share is the share of right solutions among those " +
    "counted.",
  parameters: RUN_AND_ROUND,
  sql: `WITH RECURSIVE asked AS MATERIALIZED (
      SELECT t.tree_id, r.name AS run, t.round_no AS round FROM tree t JOIN run r USING (run_no) WHERE ${ASKED_TREE}),
    visited AS MATERIALIZED (
      SELECT tree_id, node_id, parent_id, correct FROM node SEMI JOIN asked USING (tree_id) WHERE visits > 0),
    first_right AS MATERIALIZED (
      SELECT o.tree_id, min(o.rollout_no) AS success FROM rollout o
      JOIN visited n ON n.tree_id = o.tree_id AND n.node_id = o.leaf_id WHERE n.correct GROUP BY o.tree_id),
    passed AS (
      SELECT o.tree_id, n.node_id, n.parent_id, o.rollout_no = f.success AS is_success
      FROM rollout o JOIN first_right f USING (tree_id) JOIN visited n ON n.tree_id = o.tree_id AND n.node_id = o.leaf_id
      WHERE o.rollout_no <= f.success
      UNION ALL
      SELECT p.tree_id, n.node_id, n.parent_id, p.is_success
      FROM passed p JOIN visited n ON n.tree_id = p.tree_id AND n.node_id = p.parent_id),
    candidate AS (
      SELECT tree_id, parent_id, node_id, count(*) FILTER (NOT is_success) AS before, bool_or(is_success) AS led
      FROM passed WHERE parent_id IS NOT NULL GROUP BY ALL),
    left_tree AS (
      SELECT DISTINCT tree_id FROM (
        SELECT tree_id FROM candidate GROUP BY tree_id, parent_id
        HAVING bool_or(led) AND coalesce(max(before) FILTER (NOT led), 0) >= 2
          AND max(before) FILTER (NOT led) > max(before) FILTER (led))),
    text AS MATERIALIZED (
      SELECT tree_id, node_id, parent_id, correct, regexp_matches(step_text, '${REVISING_WORDS}') AS says,
        regexp_extract_all(coalesce(code, ''), '${ASSIGNED_NAME}', 1) AS names
      FROM node SEMI JOIN asked USING (tree_id) WHERE right_answers + wrong_answers > 0),
    down AS (
      SELECT tree_id, node_id, correct, says, false AS again, names FROM text WHERE parent_id IS NULL
      UNION ALL
      SELECT n.tree_id, n.node_id, n.correct, d.says OR n.says, d.again OR list_has_any(d.names, n.names),
        list_concat(d.names, n.names)
      FROM down d JOIN text n ON n.tree_id = d.tree_id AND n.parent_id = d.node_id),
    solution AS MATERIALIZED (SELECT tree_id, node_id, correct, says, again FROM down WHERE correct IS NOT NULL),
    counted AS (
      SELECT 'left_favoured_branch' AS kind, tree_id, NULL AS leaf_id, left_tree.tree_id IS NOT NULL AS holds, NULL AS correct
      FROM first_right LEFT JOIN left_tree USING (tree_id)
      UNION ALL SELECT 'says_so', tree_id, node_id, says, correct FROM solution
      UNION ALL SELECT 'assigns_again', tree_id, node_id, again, correct FROM solution)
    SELECT run, round, kind, count(*) FILTER (holds) AS counted, count(*) AS of_all, avg(holds::INTEGER) AS share,
      avg(correct::INTEGER) FILTER (holds) AS right_share, min(tree_id) FILTER (holds) AS example_tree_id,
      arg_min(leaf_id, (tree_id, leaf_id)) FILTER (holds) AS example_leaf_id
    FROM counted JOIN asked USING (tree_id) GROUP BY ALL ORDER BY run, round, kind DESC`,
};
