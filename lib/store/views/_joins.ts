/** Names of run and problem beside a tree `t`. Trees are few; joining them costs nothing beside their nodes. */
export const TREE_NAMES = "JOIN problem p USING (problem_no) JOIN run r USING (run_no)";

/** Nodes `n` with the names of run and problem. */
export const NAMED_NODES = `FROM node n JOIN tree t USING (tree_id) ${TREE_NAMES}`;
