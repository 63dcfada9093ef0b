import { ConfigError, type StopReason, type TreeRecord } from "../core/mod.ts";
import type { Question, StepDomain } from "../domain/domain.ts";

import type { Policy } from "../endpoint/policy.ts";
import { PathChecker } from "./_code_path.ts";
import { calibrationOf, type JudgeAnswer, type SearchContext } from "./_context.ts";
import { openDrawer } from "./_draw.ts";
import { ForkBook } from "./_fork_book.ts";
import { treeRecord } from "./_record.ts";
import { Scorer } from "./_scorer.ts";
import { policyInSession, ppmInSession } from "./_session.ts";
import { SearchTree } from "./_tree.ts";
import type { SearchSpec } from "./spec.ts";
import type { TreeOptions } from "./tree_options.ts";

/** Everything that is given to the code that grows a tree. */
export interface TreeSession {
  readonly tree: SearchTree;
  readonly context: SearchContext;
  /** Forks of the tree; `null` where expansions are samples. */
  readonly book: ForkBook | null;
  /** Ends all work in flight for this tree. */
  readonly abort: (reason: unknown) => void;
  /** `context.now()` at the beginning. */
  readonly startedMs: number;
}

/** Options of {@linkcode withTree}. */
export interface TreeSessionOptions extends TreeOptions {
  readonly domain: StepDomain;
  /** `null` at test time. */
  readonly openJudge: ((signal: AbortSignal) => JudgeAnswer) | null;
  /** Grows the tree and says why it stopped. */
  readonly body: (session: TreeSession) => Promise<StopReason>;
}

/** Opens what one tree needs, lets `body` grow it, closes everything, and returns the record. */
export async function withTree(
  question: Question,
  options: TreeSessionOptions,
): Promise<TreeRecord> {
  const { seed, domain, openJudge, body } = options;
  const session = `${question.id}/${seed}`;
  const policy = policyInSession(options.policy, session);
  const ppm = options.ppm === null ? null : ppmInSession(options.ppm, session);
  const spec = expansionFor(policy, options.spec);
  const { cache = null, now = () => performance.now() } = options;
  checkGuidance(options);
  const startedMs = now();
  const controller = new AbortController();
  const signal = options.signal === undefined
    ? controller.signal
    : AbortSignal.any([options.signal, controller.signal]);
  await using stepChecker = domain.openChecker();
  const checker = new PathChecker(stepChecker, { cache, signal });
  const scorer = ppm === null ? null : new Scorer(ppm, { cache, signal });
  const calibration = calibrationOf(spec, ppm);
  const tree = new SearchTree({ spec, calibration, release: (path) => checker.release(path) });
  const book = spec.expansion === "fork"
    ? new ForkBook(tree.root, { spec, seed, calibration })
    : null;
  const context: SearchContext = {
    question: { id: question.id, question: question.question },
    spec,
    seed,
    policy,
    domain,
    drawer: openDrawer({ spec, domain }),
    checker,
    scorer,
    calibration,
    judge: openJudge === null ? null : openJudge(signal),
    now,
    signal,
  };
  const abort = (reason: unknown) => controller.abort(reason);
  const stopReason = await body({ tree, context, book, abort, startedMs });
  checker.publish();
  scorer?.publish();
  return treeRecord(tree, {
    problemId: question.id,
    seed,
    stopReason,
    calibration,
    book,
    wallMs: now() - startedMs,
  });
}

/** The specification as the policy can serve it: one that shows no tokens draws samples. */
function expansionFor(policy: Policy, spec: SearchSpec): SearchSpec {
  return spec.expansion === "fork" && !showsTokens(policy)
    ? { ...spec, expansion: "sample" }
    : spec;
}

/** Whether a policy gives log-probabilities and goes on behind forced tokens, so that search can fork. */
export function showsTokens({ tokens }: Pick<Policy, "tokens">): boolean {
  return tokens !== undefined && tokens !== null;
}

function checkGuidance({ spec, ppm }: TreeOptions): void {
  if ((spec.guidance === "ppm") === (ppm !== null)) return;
  throw new ConfigError(
    spec.guidance === "ppm"
      ? 'Cannot search with guidance "ppm": expected a PPM, got none; name a PPM endpoint or use guidance "terminal"'
      : 'Cannot search with guidance "terminal": expected no PPM, got one; leave the PPM out or use guidance "ppm"',
  );
}
