/**
 * Expansion (docs/search.md, "Expansion"): n draws of one node, merged, screened, executed, scored and judged. The children stand apart
 * from the tree until the rollout that made them is committed.
 */
import { END_OF_ANSWER, mostTokens, type TreeUsage } from "../core/mod.ts";
import type { Completion } from "../endpoint/policy.ts";
import { cleanPath, type PathCheck } from "./_code_path.ts";
import type { SearchContext } from "./_context.ts";
import { type Drawn, segmentParent } from "./_draw.ts";
import { newChild } from "./_new_child.ts";
import type { TreeNode } from "./_node.ts";
import { addUsage, NO_USAGE } from "./_usage.ts";
import type { SearchSpec } from "./spec.ts";

/** Result of drawing at a node. */
export interface Expansion {
  readonly node: TreeNode;
  /** Segments drawn. */
  readonly draws: number;
  /** New children, in draw order. */
  readonly created: readonly TreeNode[];
  /** Children that the node had already, one entry for each segment that was merged into one of them. */
  readonly repeated: readonly TreeNode[];
  readonly usage: TreeUsage;
}

/**
 * Draws at a node.
 *
 * @throws {InfrastructureError} If policy, checker, PPM or grader failed; the tree is then unfinished.
 */
export async function expand(node: TreeNode, context: SearchContext): Promise<Expansion> {
  const { reply, requests } = await context.drawer.draw(node, context);
  return await expandWith(node, context, { reply, requests, known: node.children });
}

/** Segments that were drawn at a node, and what they may be equal to. */
export interface DrawnSegments extends Drawn {
  /** Children of the node that equal segments are merged into. */
  readonly known: readonly TreeNode[];
}

/**
 * Makes children of what was drawn at a node.
 *
 * @throws {InfrastructureError} If checker, PPM or grader failed; the tree is then unfinished.
 */
export async function expandWith(
  node: TreeNode,
  context: SearchContext,
  drawn: DrawnSegments,
): Promise<Expansion> {
  const { reply, requests } = drawn;
  const { created, repeated } = mergeDraws(node, drawn, context);
  let usage: TreeUsage = {
    ...NO_USAGE,
    policyRequests: requests,
    promptTokens: reply.promptTokens,
    generatedTokens: reply.generatedTokens,
    policySeconds: reply.seconds,
    price: reply.price,
  };
  usage = addUsage(usage, await prescreen(created, context));
  usage = addUsage(usage, await checkSteps(node, { created, context }));
  usage = addUsage(usage, await scoreChildren(created, context));
  await judgeAnswers(created, context);
  return { node, draws: reply.completions.length, created, repeated, usage };
}

/** A draw that becomes a candidate. */
interface KeptDraw {
  readonly completion: Completion;
  /** Position in the reply. */
  readonly index: number;
  /** How often its text was drawn, where equal texts count as one. */
  readonly count: number;
}

/** The draws that become candidates (`draws`): all, or equal texts once and only the first finished answer where there is one. */
function keptDraws(completions: readonly Completion[], spec: SearchSpec): readonly KeptDraw[] {
  const all = completions.map((completion, index): KeptDraw => ({ completion, index, count: 1 }));
  if (spec.draws !== "first-answer") return all;
  const byText = Map.groupBy(all, ({ completion }) => textWithoutStop(completion));
  const distinct = [...byText.values()].flatMap((equal): readonly KeptDraw[] => {
    const [first] = equal;
    return first === undefined ? [] : [{ ...first, count: equal.length }];
  });
  const answer = distinct.find(({ completion }) => completion.stopString === END_OF_ANSWER);
  return answer === undefined ? distinct : [answer];
}

function textWithoutStop({ text, stopString }: Completion): string {
  return stopString !== null && text.endsWith(stopString)
    ? text.slice(0, -stopString.length)
    : text;
}

/** Equal candidates become one: the first drawn text survives, the others are counted. */
function mergeDraws(
  node: TreeNode,
  { reply, known: children }: DrawnSegments,
  context: SearchContext,
): { readonly created: readonly TreeNode[]; readonly repeated: readonly TreeNode[] } {
  const { spec, domain } = context;
  const known = new Map(spec.merge ? children.map((c) => [c.mergeKey, c]) : []);
  const created: TreeNode[] = [];
  const repeated: TreeNode[] = [];
  for (const { completion, index, count } of keptDraws(reply.completions, spec)) {
    const segment = domain.parse(completion, {
      parent: segmentParent(node),
      codeAfterOutput: spec.codeAfterOutput,
    });
    const equal = known.get(segment.mergeKey);
    if (equal !== undefined) {
      if (equal.id < 0) equal.multiplicity += count;
      else repeated.push(...Array.from({ length: count }, () => equal));
      continue;
    }
    const child = newChild(node, {
      segment,
      drawIndex: node.draws + index,
      multiplicity: count,
      generatedTokens: completion.tokens,
      contextTokens: (reply.contextTokens ?? reply.promptTokens) + completion.tokens,
      spec,
    });
    created.push(child);
    if (spec.merge) known.set(segment.mergeKey, child);
  }
  return { created, repeated };
}

/** Ranks the code candidates by PPM and closes all but the best few. */
async function prescreen(
  created: readonly TreeNode[],
  context: SearchContext,
): Promise<TreeUsage> {
  const keep = context.spec.prescreen;
  const candidates = created.filter((child) => !child.closed && child.code !== null);
  if (keep === null || candidates.length <= keep) return NO_USAGE;
  const usage = await scoreNodes(candidates, context);
  const ranked = candidates.toSorted((a, b) =>
    (b.logit ?? 0) - (a.logit ?? 0) || a.drawIndex - b.drawIndex
  );
  for (const child of ranked.slice(keep)) {
    child.status = "screened_out";
    child.terminal = true;
    child.closed = true;
  }
  return usage;
}

async function checkSteps(
  node: TreeNode,
  options: { readonly created: readonly TreeNode[]; readonly context: SearchContext },
): Promise<TreeUsage> {
  const { created, context } = options;
  const steps = created.filter((child) => !child.closed && child.code !== null);
  if (steps.length === 0) return NO_USAGE;
  // Code after a finished program starts anew (released behaviour).
  const from = node.kind === "code_end" ? cleanPath() : node.codePath;
  const started = context.now();
  await Promise.all(steps.map(async (child) => {
    const code = node.carriedCode + (child.code ?? "");
    const step = { code, keep: child.kind === "step" };
    applyCheck(child, { checked: await context.checker.check(from, step), context });
  }));
  return { ...NO_USAGE, sandboxSeconds: (context.now() - started) / 1000 };
}

function applyCheck(
  child: TreeNode,
  options: { readonly checked: PathCheck; readonly context: SearchContext },
): void {
  const { check, path, isFromCache } = options.checked;
  child.executionKey = path.key;
  child.execution = check.evidence && { ...check.evidence, cached: isFromCache };
  if (check.result === "fail") {
    failCheck(child, { isIncomplete: check.isIncomplete, spec: options.context.spec });
  } else {
    child.codePath = path;
    child.failedInRow = 0;
  }
  if (child.kind !== "code_end" || child.terminal) return;
  child.text += check.output;
  child.solution += check.output;
  child.contextTokens += mostTokens(check.output);
}

/**
 * A failed step stays open for a correction while `errorsAllowed` lets it, and a failed program for its answer where `failedPrograms`
 * does, too; their children start from the parent's state.
 */
function failCheck(
  child: TreeNode,
  options: { readonly isIncomplete: boolean; readonly spec: SearchSpec },
): void {
  const { isIncomplete, spec } = options;
  child.status = "code_error";
  const mayFollow = child.kind === "step" || spec.failedPrograms === "go-on";
  const mayGoOn = mayFollow && child.failedInRow < spec.errorsAllowed;
  child.failedInRow++;
  if (!mayGoOn) {
    child.terminal = true;
    child.closed = true;
  } else if (isIncomplete && child.kind === "step") {
    child.carriedCode = `${child.parent?.carriedCode ?? ""}${child.code ?? ""}\n`;
  }
}

/**
 * Scores what is left; a finished program once more when it was ranked before its output was known. An answer that is judged needs no
 * score: its value is the judgement.
 */
async function scoreChildren(
  created: readonly TreeNode[],
  context: SearchContext,
): Promise<TreeUsage> {
  const unscored = created.filter((child) =>
    !child.closed && (child.kind !== "answer" || context.judge === null) &&
    (child.logit === null || child.kind === "code_end")
  );
  return await scoreNodes(unscored, context);
}

async function scoreNodes(
  nodes: readonly TreeNode[],
  context: SearchContext,
): Promise<TreeUsage> {
  const { scorer, domain, question } = context;
  if (scorer === null || nodes.length === 0) return NO_USAGE;
  const { logits, usage } = await scorer.score(
    nodes.map((child) => domain.text(question.question, child.solution)),
  );
  for (const [i, child] of nodes.entries()) child.logit = logits[i] ?? null;
  return usage;
}

async function judgeAnswers(
  created: readonly TreeNode[],
  context: SearchContext,
): Promise<void> {
  const { judge } = context;
  if (judge === null) return;
  await Promise.all(created.map(async (child) => {
    if (child.answer !== null && !child.closed) child.correct = await judge(child.answer);
  }));
}
