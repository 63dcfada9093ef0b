-- Version 1. Names of tables, columns and views are public: people write SQL against them.
-- No foreign keys, no key on node: both cost a third of the write rate (storage: dedupe happens at tree).

CREATE TYPE node_kind AS ENUM ('root', 'step', 'code_end', 'answer', 'failed');
CREATE TYPE node_status AS ENUM (
  'ok', 'code_error', 'too_deep', 'unparsable', 'truncated', 'screened_out');
CREATE TYPE execution_status AS ENUM ('ok', 'error', 'timeout', 'memory', 'output_truncated');
CREATE TYPE stop_reason AS ENUM ('budget', 'early_stop', 'closed', 'tokens', 'time');

-- A run = a name and a specification; the specification holds everything that changes the meaning of a tree.
CREATE TABLE run(
  run_no USMALLINT PRIMARY KEY,
  run_id UUID NOT NULL,
  name VARCHAR NOT NULL UNIQUE,
  requested_name VARCHAR NOT NULL,
  command VARCHAR NOT NULL,
  spec JSON NOT NULL,
  spec_hash VARCHAR NOT NULL,
  created_at TIMESTAMP NOT NULL);

-- One row each time a process opens a run: what it ran with. None of this is part of the specification.
CREATE TABLE session(
  run_no USMALLINT NOT NULL,
  session_no UINTEGER NOT NULL,
  config JSON NOT NULL,
  code_rev VARCHAR,
  sandbox_tier VARCHAR,
  packages JSON NOT NULL,
  models JSON NOT NULL,
  seed UBIGINT,
  started_at TIMESTAMP NOT NULL,
  PRIMARY KEY(run_no, session_no));

CREATE TABLE problem(
  problem_no UINTEGER PRIMARY KEY,
  problem_id VARCHAR NOT NULL UNIQUE,
  source VARCHAR NOT NULL,
  question VARCHAR NOT NULL,
  answer VARCHAR NOT NULL,
  level UTINYINT,
  meta JSON NOT NULL);

CREATE TABLE round(
  run_no USMALLINT, round_no UTINYINT, policy VARCHAR, ppm VARCHAR, params JSON, state VARCHAR,
  PRIMARY KEY(run_no, round_no));

-- One row = one finished search tree.
-- tree_id = run_no << 40 | round_no << 36 | problem_no << 12 | seed (8 | 4 | 24 | 12 bits): the same job always has the same id.
CREATE TABLE tree(
  tree_id UBIGINT PRIMARY KEY,
  run_no USMALLINT NOT NULL,
  round_no UTINYINT NOT NULL,
  problem_no UINTEGER NOT NULL,
  seed USMALLINT NOT NULL,
  n_nodes UINTEGER NOT NULL,
  n_rollouts UINTEGER NOT NULL,
  solved BOOLEAN NOT NULL,
  correct_terminals UINTEGER NOT NULL,
  wrong_terminals UINTEGER NOT NULL,
  first_correct_rollout UINTEGER,
  stop_reason stop_reason NOT NULL,
  policy_requests UINTEGER NOT NULL,
  prompt_tokens UBIGINT NOT NULL,
  generated_tokens UBIGINT NOT NULL,
  ppm_requests UINTEGER NOT NULL,
  ppm_tokens UBIGINT NOT NULL,
  executions UINTEGER NOT NULL,
  executions_cached UINTEGER NOT NULL,
  policy_seconds DOUBLE NOT NULL,
  ppm_seconds DOUBLE NOT NULL,
  sandbox_seconds DOUBLE NOT NULL,
  price DOUBLE,
  wall_ms DOUBLE NOT NULL,
  finished_at TIMESTAMP NOT NULL);

-- Numbers that search computes are DOUBLE, so that a tree that is read back equals the tree that was written.
CREATE TABLE node(
  tree_id UBIGINT NOT NULL,
  node_id UINTEGER NOT NULL,
  parent_id UINTEGER,          -- NULL for the root
  depth UTINYINT NOT NULL,
  kind node_kind NOT NULL,
  status node_status NOT NULL,
  step_text VARCHAR NOT NULL,
  code VARCHAR,
  execution execution_status,  -- NULL: nothing was executed
  stdout VARCHAR,
  error_type VARCHAR,
  error_message VARCHAR,
  error_line UINTEGER,
  exec_ms DOUBLE,
  cpu_ms DOUBLE,
  cached BOOLEAN,
  visits UINTEGER NOT NULL,
  value_sum DOUBLE NOT NULL,
  ppm_logit DOUBLE,
  q_value DOUBLE,              -- in [-1, 1]; NULL where it is undefined
  path_q DOUBLE,               -- mean Q-value from the first step to this node
  multiplicity UINTEGER NOT NULL,
  draw_index UINTEGER NOT NULL,
  terminal BOOLEAN NOT NULL,
  closed BOOLEAN NOT NULL,
  correct BOOLEAN,
  answer VARCHAR,
  generated_tokens UINTEGER NOT NULL);

CREATE TABLE rollout(
  tree_id UBIGINT NOT NULL, rollout_no UINTEGER NOT NULL, leaf_id UINTEGER, value DOUBLE NOT NULL);

-- Scores by the PPM of a later round; they never rewrite node.
CREATE TABLE node_score(
  tree_id UBIGINT NOT NULL, node_id UINTEGER NOT NULL, scorer UINTEGER NOT NULL, score DOUBLE NOT NULL);

-- Append only: trees that were left unfinished by a failure of the machinery.
CREATE TABLE attempt(
  tree_id UBIGINT NOT NULL, boundary VARCHAR NOT NULL, error VARCHAR NOT NULL, happened_at TIMESTAMP NOT NULL);

CREATE TABLE evaluation(
  eval_id UINTEGER PRIMARY KEY, suite VARCHAR NOT NULL, mode VARCHAR NOT NULL, run_no USMALLINT,
  round_no UTINYINT, policy UINTEGER, ppm UINTEGER, spec JSON NOT NULL, spec_hash VARCHAR NOT NULL,
  provenance JSON NOT NULL, state VARCHAR NOT NULL, started_at TIMESTAMP NOT NULL);
CREATE TABLE eval_sample(
  eval_id UINTEGER, problem_no UINTEGER, sample USMALLINT, answer VARCHAR, outcome VARCHAR NOT NULL,
  score DOUBLE, prompt_tokens UBIGINT, generated_tokens UBIGINT, wall_ms DOUBLE, trace JSON,
  PRIMARY KEY(eval_id, problem_no, sample));
CREATE TABLE verdict(
  eval_id UINTEGER NOT NULL, problem_no UINTEGER NOT NULL, sample USMALLINT NOT NULL, grader VARCHAR NOT NULL,
  correct BOOLEAN NOT NULL, stage VARCHAR NOT NULL, reason VARCHAR NOT NULL, elapsed_ms DOUBLE NOT NULL);

-- Lineage: a checkpoint or an exported file, and what it was made from.
CREATE TABLE artifact(
  artifact_id UINTEGER PRIMARY KEY, kind VARCHAR NOT NULL, run_no USMALLINT, round_no UTINYINT, role VARCHAR,
  location VARCHAR NOT NULL, sha256 VARCHAR, n_rows UBIGINT, meta JSON NOT NULL, made_at TIMESTAMP NOT NULL);
CREATE TABLE artifact_parent(artifact_id UINTEGER NOT NULL, parent_id UINTEGER NOT NULL);
CREATE TABLE metric(
  artifact_id UINTEGER NOT NULL, step UINTEGER NOT NULL, name VARCHAR NOT NULL, value DOUBLE NOT NULL);

CREATE TABLE load_sample(
  run_no USMALLINT NOT NULL, taken_at TIMESTAMP NOT NULL, name VARCHAR NOT NULL, value DOUBLE NOT NULL);

-- Recorded replies of endpoints: key = hash of the request and the index of the sample.
CREATE TABLE reply(request_hash VARCHAR, sample UINTEGER, body VARCHAR NOT NULL, PRIMARY KEY(request_hash, sample));

CREATE VIEW runs AS
  SELECT r.run_no, r.name, r.command, r.created_at, r.spec_hash,
    (SELECT count(*) FROM tree t WHERE t.run_no = r.run_no) AS trees,
    (SELECT count(*) FROM tree t WHERE t.run_no = r.run_no AND t.solved) AS solved_trees,
    (SELECT count(*) FROM session s WHERE s.run_no = r.run_no) AS sessions
  FROM run r;

CREATE VIEW trees AS
  SELECT r.name AS run, t.round_no AS round, p.problem_id, p.source, p.level, t.seed, t.solved, t.n_nodes AS nodes,
    t.n_rollouts AS rollouts, t.correct_terminals, t.wrong_terminals, t.first_correct_rollout, t.stop_reason,
    t.prompt_tokens, t.generated_tokens, t.wall_ms / 1000 AS seconds, t.tree_id
  FROM tree t JOIN problem p USING (problem_no) JOIN run r USING (run_no);

CREATE VIEW steps AS
  SELECT r.name AS run, t.round_no AS round, p.problem_id, p.level, t.seed, n.node_id, n.parent_id, n.depth, n.kind,
    n.status, n.step_text, n.code, n.execution, n.stdout, n.error_type, n.error_message, n.visits, n.q_value,
    n.ppm_logit, n.multiplicity, n.terminal, n.correct, n.answer, n.generated_tokens, n.tree_id
  FROM node n JOIN tree t USING (tree_id) JOIN problem p USING (problem_no) JOIN run r USING (run_no)
  WHERE n.kind <> 'root';

-- Finished solutions: one row per answer node.
CREATE VIEW trajectories AS
  SELECT r.name AS run, t.round_no AS round, p.problem_id, p.level, t.seed, n.node_id AS leaf_id, n.depth AS steps,
    n.correct, n.answer, p.answer AS reference, n.path_q AS mean_q, n.ppm_logit, n.visits, n.tree_id
  FROM node n JOIN tree t USING (tree_id) JOIN problem p USING (problem_no) JOIN run r USING (run_no)
  WHERE n.kind = 'answer' AND n.status = 'ok';
