import { hashJson } from "../../core/mod.ts";
import { LEARNING_VIEWS } from "./learning_views.ts";
import { RUN_VIEWS } from "./run_views.ts";
import { SEARCH_VIEWS } from "./search_views.ts";
import type { View } from "./view.ts";

/** Every view of the database, in the order in which they are shown. */
export const VIEWS: readonly View[] = [...SEARCH_VIEWS, ...LEARNING_VIEWS, ...RUN_VIEWS];

/**
 * Nodes from the first step to a node. A macro instead of a column: a path is walked for the nodes that are asked for and for no
 * others.
 */
const PATH_OF = `CREATE OR REPLACE MACRO path_of(of_tree, of_node) AS TABLE
  WITH RECURSIVE up AS (
    SELECT * FROM node WHERE tree_id = of_tree AND node_id = of_node
    UNION ALL
    SELECT n.* FROM up u JOIN node n ON n.tree_id = u.tree_id AND n.node_id = u.parent_id)
  SELECT tree_id, node_id, parent_id, depth, kind, status, step_text, code, stdout, visits, q_value, ppm_logit
  FROM up WHERE kind <> 'root' ORDER BY depth`;

/** SQL that makes every view anew. */
export function viewStatements(): readonly string[] {
  return [
    ...VIEWS.map(({ name, sql }) => `CREATE OR REPLACE VIEW ${name} AS ${sql}`),
    PATH_OF,
  ];
}

/** Identity of the catalogue: a file with another one gets its views made anew. */
export function viewsHash(): string {
  return hashJson(viewStatements());
}
