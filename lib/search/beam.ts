import { ConfigError, type TreeRecord } from "../core/mod.ts";
import type { Question } from "../domain/domain.ts";
import { expand } from "./_expand.ts";
import type { TreeNode } from "./_node.ts";
import { type TreeSession, withTree } from "./_with_tree.ts";
import type { SolveTreeOptions } from "./search.ts";

/** Options of {@linkcode beamSearch}. */
export interface BeamOptions extends SolveTreeOptions {
  /** Paths kept per step; the paper's comparison uses 8 with `candidates` 8 and `maxDepth` 16. */
  readonly width: number;
}

/**
 * Step beam search (docs/search.md, "Beam search"): every child is scored, the best (width - finished) go on, finished ones leave the beam,
 * failures are dropped. Ends at `width` finished paths, at the greatest depth, or when nothing is left; {@linkcode chooseAnswer}
 * with `logit` picks the answer. `rollouts`, `window` and `earlyStop` of the specification have no meaning here.
 *
 * @throws {ConfigError} Without a PPM, or with a width under 1.
 * @throws As `searchTree`.
 */
export async function beamSearch(question: Question, options: BeamOptions): Promise<TreeRecord> {
  const { width, ppm } = options;
  if (ppm === null) {
    throw new ConfigError(
      "Cannot run a beam search: expected a PPM, got none; name a PPM endpoint",
    );
  }
  if (!Number.isInteger(width) || width < 1) {
    throw new ConfigError(
      `Cannot run a beam search of width ${width}: expected a positive integer; choose a width of at least 1`,
    );
  }
  return await withTree(question, {
    ...options,
    // Every child of a step is compared with its siblings: n draws of each.
    spec: { ...options.spec, expansion: "sample" },
    openJudge: null,
    body: (session) => growBeam(session, width),
  });
}

async function growBeam(
  session: TreeSession,
  width: number,
): Promise<"closed" | "tokens" | "time"> {
  const { tree, context, startedMs } = session;
  const { budgetTokens, budgetSeconds } = context.spec;
  let beam: readonly TreeNode[] = [tree.root];
  let finished = 0;
  while (beam.length > 0 && finished < width) {
    context.signal.throwIfAborted();
    if (budgetTokens !== null && tree.usage.generatedTokens >= budgetTokens) return "tokens";
    const elapsedSeconds = (context.now() - startedMs) / 1000;
    if (budgetSeconds !== null && elapsedSeconds >= budgetSeconds) return "time";
    const expansions = await expandAll(beam, session);
    for (const expansion of expansions) tree.attach(expansion);
    const ranked = expansions.flatMap(({ created }) => created.filter((child) => !child.closed))
      .toSorted((a, b) => (b.logit ?? 0) - (a.logit ?? 0) || a.id - b.id);
    const kept = ranked.slice(0, width - finished);
    for (const child of ranked.slice(kept.length)) tree.close(child);
    finished += kept.filter((child) => child.terminal).length;
    beam = kept.filter((child) => !child.terminal);
  }
  return "closed";
}

/** Expands all paths of the beam at once; when one fails, the others are ended before the failure is passed on. */
async function expandAll(beam: readonly TreeNode[], session: TreeSession) {
  const started = beam.map((node) => expand(node, session.context));
  try {
    return await Promise.all(started);
  } catch (error) {
    session.abort(error);
    await Promise.allSettled(started);
    throw error;
  }
}
