/** Where answers contradict one another, or the reference. */
import type { Analysis } from "./analysis.ts";

/**
 * One form for answers that are the same number or differ by case and spaces alone. SQL cannot grade: 1/2 and 0.5 stay apart, which
 * makes agreement look smaller, never larger.
 */
const SAME_ANSWER =
  "coalesce(try_cast(replace(n.answer, ',', '') AS DOUBLE)::VARCHAR, lower(trim(n.answer)))";

const disagreements: Analysis = {
  name: "disagreements",
  sentence:
    "Problems whose solutions agree on different answers, and samples on which graders disagree.",
  counting:
    "`solutions`: at least two answers with at least two solutions each, in one round; weight = solutions of the second most frequent " +
    "answer. Answers are equal when they are the same number or the same text. `graders`: a stored sample that one grader accepts and " +
    "another rejects; weight = graders in the minority.",
  parameters: ["run", "round", "limit"],
  sql: `WITH vote AS (
      SELECT t.run_no, t.round_no, t.problem_no, any_value(n.answer ORDER BY n.tree_id, n.node_id) AS answer,
        bool_or(n.correct) AS is_right, count(*) AS solutions
      FROM node n JOIN tree t USING (tree_id)
      WHERE n.kind = 'answer' AND n.status = 'ok' AND n.answer IS NOT NULL
      GROUP BY t.run_no, t.round_no, t.problem_no, ${SAME_ANSWER} HAVING count(*) >= 2),
    solutions AS (
      SELECT run_no, round_no, problem_no, list(solutions ORDER BY solutions DESC)[2] AS weight,
        string_agg(answer || ' (' || solutions || CASE WHEN is_right THEN ', right)' ELSE ')' END, '; '
          ORDER BY solutions DESC, answer) AS answers
      FROM vote GROUP BY ALL HAVING count(*) >= 2),
    graders AS (
      SELECT eval_id, problem_no, sample, least(count(*) FILTER (correct), count(*) FILTER (NOT correct)) AS weight,
        string_agg(grader || CASE WHEN correct THEN ': right' ELSE ': wrong' END, '; ' ORDER BY grader) AS answers
      FROM verdict GROUP BY ALL HAVING bool_or(correct) AND NOT bool_and(correct)),
    found AS (
      SELECT 'solutions' AS kind, r.name AS run, s.round_no AS round, NULL AS suite, problem_no, NULL AS sample, weight,
        answers, NULL AS answer
      FROM solutions s JOIN run r USING (run_no)
      UNION ALL
      SELECT 'graders', r.name, e.round_no, e.suite, g.problem_no, g.sample, g.weight, g.answers, s.answer
      FROM graders g JOIN evaluation e USING (eval_id) JOIN eval_sample s USING (eval_id, problem_no, sample)
      LEFT JOIN run r USING (run_no))
    SELECT kind, run, round, suite, p.problem_id, sample, weight, found.answers, found.answer, p.answer AS reference
    FROM found JOIN problem p USING (problem_no)
    WHERE ($1 IS NULL OR run = $1) AND ($2 IS NULL OR round = $2)
    ORDER BY weight DESC, kind, run, round, problem_id, sample LIMIT $3`,
};

const suspectLabels: Analysis = {
  name: "suspect-labels",
  sentence:
    "Problems whose strong solutions agree on an answer other than the reference: the reference may be wrong.",
  counting:
    "Of every run the given round, or its last one. A solution is an answer after code that ran; answers are equal when they are the " +
    "same number or the same text. score = lower end of the 68 % Wilson interval of the share of the problem's solutions that agree on " +
    "the answer, times the mean rank of their PPM scores among all answers of the round (0 lowest, 1 highest; left out without a PPM). " +
    "At least two solutions must agree, and be more than those that give the reference. Early policies agree on misconceptions and " +
    "accuse right labels: trust the last rounds.",
  parameters: ["run", "round", "limit"],
  sql: `WITH chosen AS (
      SELECT t.run_no, coalesce($2, max(t.round_no)) AS round_no
      FROM tree t JOIN run r USING (run_no) WHERE $1 IS NULL OR r.name = $1 GROUP BY t.run_no),
    solution AS (
      SELECT t.run_no, t.round_no, t.problem_no, n.tree_id, n.answer, ${SAME_ANSWER} AS same, n.correct, n.ppm_logit,
        n.multiplicity,
        CASE WHEN n.ppm_logit IS NOT NULL THEN percent_rank() OVER (
          PARTITION BY t.run_no, t.round_no, n.ppm_logit IS NULL ORDER BY n.ppm_logit) END AS ppm_rank
      FROM node n JOIN tree t USING (tree_id) JOIN chosen c ON c.run_no = t.run_no AND c.round_no = t.round_no
      WHERE n.kind = 'answer' AND n.status = 'ok' AND n.correct IS NOT NULL AND n.answer IS NOT NULL),
    vote AS (
      SELECT run_no, round_no, problem_no, same, any_value(answer ORDER BY tree_id) AS answer, bool_or(correct) AS is_reference,
        count(*) AS solutions, sum(multiplicity)::BIGINT AS draws, count(DISTINCT tree_id) AS trees,
        avg(ppm_logit) AS mean_ppm, avg(ppm_rank) AS ppm_rank
      FROM solution GROUP BY ALL),
    problem_vote AS (
      SELECT run_no, round_no, problem_no, sum(solutions) AS of_all,
        coalesce(sum(solutions) FILTER (is_reference), 0) AS for_reference,
        arg_max(vote, (solutions, coalesce(mean_ppm, 0), same)) FILTER (NOT is_reference) AS top
      FROM vote GROUP BY ALL)
    SELECT r.name AS run, v.round_no AS round, p.problem_id, p.level, p.answer AS reference, v.top.answer AS answer,
      v.top.solutions AS agreeing, v.of_all::BIGINT AS solutions, v.for_reference::BIGINT AS for_reference, v.top.trees AS trees,
      v.top.draws AS draws, v.top.mean_ppm AS mean_ppm, v.top.ppm_rank AS ppm_rank,
      (share + 0.5 / of_all - sqrt(share * (1 - share) / of_all + 0.25 / of_all ** 2)) / (1 + 1 / of_all)
        * coalesce(v.top.ppm_rank, 1) AS score, p.question
    FROM (SELECT *, top.solutions / of_all AS share FROM problem_vote) v
    JOIN problem p USING (problem_no) JOIN run r USING (run_no)
    WHERE v.top.solutions >= 2 AND v.top.solutions > v.for_reference
    ORDER BY score DESC, agreeing DESC, p.problem_id, run LIMIT $3`,
};

/** In the order in which they are shown. */
export const LABEL_ANALYSES: readonly Analysis[] = [disagreements, suspectLabels];
