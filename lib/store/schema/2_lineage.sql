-- Version 2. What evaluations cost, when a round last changed, what a node's place in its tree comes to, and which views there are.

ALTER TABLE eval_sample ADD COLUMN ppm_tokens UBIGINT;
ALTER TABLE round ADD COLUMN changed_at TIMESTAMP;

-- Views are made anew when this hash differs from that of the program's catalogue (views/catalogue.ts).
CREATE TABLE view_catalogue(hash VARCHAR NOT NULL);

-- Written once with the tree, so that no query has to walk it (_derive.ts); filled in here for trees that are there already.
ALTER TABLE node ADD COLUMN path_min_q DOUBLE;       -- smallest Q from the first step to this node
ALTER TABLE node ADD COLUMN right_answers UINTEGER;  -- answers at or below this node that were judged right
ALTER TABLE node ADD COLUMN wrong_answers UINTEGER;

UPDATE node SET path_min_q = down.path_min_q FROM (
  WITH RECURSIVE down AS (
    SELECT tree_id, node_id, q_value AS path_min_q FROM node WHERE depth = 1
    UNION ALL
    SELECT n.tree_id, n.node_id, CASE WHEN d.path_min_q IS NULL OR n.q_value IS NULL THEN NULL
        ELSE least(d.path_min_q, n.q_value) END
    FROM down d JOIN node n ON n.tree_id = d.tree_id AND n.parent_id = d.node_id)
  FROM down) AS down
WHERE down.tree_id = node.tree_id AND down.node_id = node.node_id;

UPDATE node SET right_answers = 0, wrong_answers = 0;

UPDATE node SET right_answers = below.right_answers, wrong_answers = below.wrong_answers FROM (
  WITH RECURSIVE up AS (
    SELECT tree_id, node_id, parent_id, correct FROM node WHERE correct IS NOT NULL
    UNION ALL
    SELECT n.tree_id, n.node_id, n.parent_id, u.correct
    FROM up u JOIN node n ON n.tree_id = u.tree_id AND n.node_id = u.parent_id)
  SELECT tree_id, node_id, count(*) FILTER (correct) AS right_answers, count(*) FILTER (NOT correct) AS wrong_answers
  FROM up GROUP BY ALL) AS below
WHERE below.tree_id = node.tree_id AND below.node_id = node.node_id;

-- One key column: DuckDB uses an index for lookups by a single column only, and a scan grows with the recording.
CREATE TABLE keyed_reply(reply_key VARCHAR PRIMARY KEY, body VARCHAR NOT NULL);  -- key: <hash of the request>/<sample>
INSERT INTO keyed_reply SELECT request_hash || '/' || sample, body FROM reply;
DROP TABLE reply;
ALTER TABLE keyed_reply RENAME TO reply;
