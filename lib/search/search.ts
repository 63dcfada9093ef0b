import type { Problem, TreeRecord } from "../core/mod.ts";
import type { Domain, Question, StepDomain } from "../domain/domain.ts";
import { grow } from "./_grow.ts";
import { type TreeSessionOptions, withTree } from "./_with_tree.ts";
import type { TreeOptions } from "./tree_options.ts";

/** Options of {@linkcode searchTree}. */
export interface SearchTreeJobOptions extends TreeOptions {
  readonly domain: Domain;
}

/** Options of {@linkcode solveTree}. */
export interface SolveTreeOptions extends TreeOptions {
  readonly domain: StepDomain;
}

/**
 * Grows one search tree whose answers are judged against the problem's reference (docs/search.md).
 *
 * Given the replies of policy, PPM and checker, the tree is a function of specification and seed.
 *
 * @throws {ConfigError} If the specification's guidance and the presence of a PPM do not go together.
 * @throws {InfrastructureError} If policy, PPM, checker or grader failed. The tree is unfinished and leaves nothing behind.
 * @throws The signal's reason, when it aborts.
 */
export function searchTree(problem: Problem, options: SearchTreeJobOptions): Promise<TreeRecord> {
  return growTree(problem, {
    ...options,
    openJudge: (signal) => async (answer) =>
      (await options.domain.judge(problem, answer, { signal })).correct,
  });
}

/**
 * Grows one search tree at test time (docs/search.md, "Test time"): end values come from the PPM (0 without one), and no reference answer
 * is within reach: a {@linkcode Question} has none, and of whatever is passed only id and question are used.
 *
 * @throws As {@linkcode searchTree}.
 */
export function solveTree(question: Question, options: SolveTreeOptions): Promise<TreeRecord> {
  return growTree(question, { ...options, openJudge: null });
}

async function growTree(
  question: Question,
  options: SolveTreeOptions & Pick<TreeSessionOptions, "openJudge">,
): Promise<TreeRecord> {
  return await withTree(question, {
    ...options,
    body: ({ tree, context, book, abort, startedMs }) =>
      grow(tree, {
        context,
        book,
        abort,
        startedMs,
        onCommit: (rollout, record) =>
          options.onRollout?.({
            problemId: context.question.id,
            seed: context.seed,
            rollout: tree.rollouts.length,
            draws: rollout.expansions.reduce((sum, e) => sum + e.draws, 0),
            nodes: rollout.expansions.reduce((sum, e) => sum + e.created.length, 0),
            correct: record.leafId === null ? null : rollout.answer?.correct ?? null,
          }),
      }),
  });
}
