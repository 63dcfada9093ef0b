/**
 * The growing tree: the one mutable structure of search. Everything that changes a committed node is a method of
 * {@linkcode SearchTree}; rollouts only read it.
 *
 * Invariant: rollouts are committed one after the other in the order in which they were started, so that a tree depends on its
 * seed and on the replies, never on their timing.
 */
import type { PpmCalibration, RolloutRecord, TreeUsage } from "../core/mod.ts";
import type { CodePath } from "./_code_path.ts";
import type { Expansion } from "./_expand.ts";
import { newRoot } from "./_new_child.ts";
import { isDrawnOut, isFailed, isFinished, type TreeNode } from "./_node.ts";
import type { Rollout } from "./_rollout.ts";
import { addUsage, NO_USAGE } from "./_usage.ts";
import { priorValue } from "./_values.ts";
import type { SearchSpec } from "./spec.ts";

/** Options that a tree needs to grow. */
export interface SearchTreeOptions {
  readonly spec: SearchSpec;
  readonly calibration: PpmCalibration;
  /** Called when no step can start from a path any more. */
  readonly release: (path: CodePath) => void;
}

/** A search tree while it grows. */
export class SearchTree {
  readonly root: TreeNode = newRoot();
  readonly #options: SearchTreeOptions;
  readonly #nodes: TreeNode[] = [this.root];
  readonly #rollouts: RolloutRecord[] = [];
  readonly #executed = new Set<string>();
  #usage: TreeUsage = NO_USAGE;
  #answers = 0;
  #correct = 0;
  #wrong = 0;
  #firstCorrectRollout: number | null = null;

  constructor(options: SearchTreeOptions) {
    this.#options = options;
  }

  /** Committed nodes, parents before their children. */
  get nodes(): readonly TreeNode[] {
    return this.#nodes;
  }

  /** Committed rollouts. */
  get rollouts(): readonly RolloutRecord[] {
    return this.#rollouts;
  }

  /** Cost of what is committed. */
  get usage(): TreeUsage {
    return this.#usage;
  }

  /** Answers that a rollout has arrived at: all of them, the right and the wrong ones. */
  get arrivals(): { readonly all: number; readonly correct: number; readonly wrong: number } {
    return { all: this.#answers, correct: this.#correct, wrong: this.#wrong };
  }

  /** One-based rollout that found the first right answer. */
  get firstCorrectRollout(): number | null {
    return this.#firstCorrectRollout;
  }

  /** Claims a leaf for a rollout: others pass by, and see a loss in flight on its path (docs/search.md, "Order and randomness"). */
  claim(leaf: TreeNode): void {
    leaf.claimed = true;
    for (const node of pathTo(leaf)) node.inFlight++;
    this.#refresh(leaf);
  }

  /**
   * The node that gets more draws when no leaf is open: the one drawn least often, then the shallowest, the root first.
   * `null` when every node has had its draws. One whose draws are there already comes before all others.
   */
  nodeToRedraw(isDrawn: (node: TreeNode) => boolean): TreeNode | null {
    let best: TreeNode | null = null;
    for (const node of this.#nodes) {
      if (
        node.terminal || node.closed || node.drawBatches === 0 ||
        isDrawnOut(node, this.#options.spec)
      ) continue;
      if (isDrawn(node)) return node;
      if (
        best === null || node.drawBatches < best.drawBatches ||
        (node.drawBatches === best.drawBatches && node.depth < best.depth)
      ) best = node;
    }
    return best;
  }

  /** Makes a finished rollout part of the tree: its new nodes, its cost, and its one backup. */
  commit(rollout: Rollout): RolloutRecord {
    const { start, expansions, answer } = rollout;
    start.claimed = false;
    for (const node of pathTo(start)) node.inFlight--;
    for (const expansion of expansions) this.attach(expansion);
    const record = answer === null ? this.#endWithoutAnswer(rollout) : this.#arrive(answer);
    this.#rollouts.push(record);
    if (answer?.correct === true) this.#firstCorrectRollout ??= this.#rollouts.length;
    const end = expansions.at(-1)?.node ?? start;
    this.#refresh(answer ?? end, end);
    return record;
  }

  /** Adds the children of one expansion. */
  attach(expansion: Expansion): void {
    const { node, draws, created, repeated, usage } = expansion;
    this.#usage = addUsage(this.#usage, usage);
    node.draws += draws;
    node.drawBatches++;
    for (const child of repeated) child.multiplicity++;
    for (const child of created) {
      child.id = this.#nodes.length;
      this.#nodes.push(child);
      node.children.push(child);
      this.#countExecution(child);
      child.openLeaves = child.closed ? 0 : 1;
    }
    this.#refresh(node);
  }

  /** Closes a node that nothing is to be selected below (beam search drops paths). */
  close(node: TreeNode): void {
    this.#markClosed(node);
    this.#refresh(node);
  }

  /** A right or wrong answer, or at test time the PPM's opinion of it, goes to every node of the path; the answer is closed. */
  #arrive(answer: TreeNode): RolloutRecord {
    this.#answers++;
    if (answer.correct === true) this.#correct++;
    if (answer.correct === false) this.#wrong++;
    answer.closed = true;
    return this.#backUp(answer, this.#endValue(answer));
  }

  #endValue(answer: TreeNode): number {
    if (answer.correct !== null) return answer.correct ? 1 : -1;
    return answer.logit === null ? 0 : priorValue(answer.logit, this.#options.calibration);
  }

  /** All new candidates failed: one -1 from the node that was reached. Draws that brought nothing new say nothing. */
  #endWithoutAnswer(rollout: Rollout): RolloutRecord {
    const last = rollout.expansions.at(-1);
    const hasFailed = last?.created.some(isFailed) ?? false;
    if (last === undefined || !hasFailed || !this.#options.spec.propagateFailures) {
      return { leafId: null, value: 0 };
    }
    return this.#backUp(last.node, -1);
  }

  #backUp(leaf: TreeNode, value: number): RolloutRecord {
    for (const node of pathTo(leaf)) {
      node.visits++;
      node.valueSum += value;
    }
    return { leafId: leaf.id, value };
  }

  /** The first committed node of a code path counts as the execution, whichever of the rollouts in flight ran it. */
  #countExecution(child: TreeNode): void {
    const { execution, executionKey } = child;
    if (executionKey === null) return;
    const isRepeated = this.#executed.has(executionKey);
    this.#executed.add(executionKey);
    const isCached = isRepeated || (execution?.cached ?? false);
    if (execution !== null) child.execution = { ...execution, cached: isCached };
    this.#usage = addUsage(this.#usage, {
      ...NO_USAGE,
      executions: isCached ? 0 : 1,
      executionsCached: isCached ? 1 : 0,
    });
  }

  /**
   * Recounts open leaves and closes what is finished, from a node up to the root; with `closing` "when-met" only the node that the
   * rollout met last, and others stay open for the rollout that will meet them.
   */
  #refresh(from: TreeNode, met: TreeNode | null = null): void {
    const { spec } = this.#options;
    for (const node of pathTo(from)) {
      if (!node.closed && isFinished(node, spec)) {
        if (spec.closing !== "when-met" || node === met) this.#markClosed(node);
      }
      const isEnd = node.drawBatches === 0 || isFinished(node, spec);
      node.openLeaves = isEnd
        ? Number(!node.closed && !node.claimed)
        : node.children.reduce((sum, child) => sum + child.openLeaves, 0);
    }
  }

  /** Closes a node and gives its state up, unless it is its parent's (after a failed step). */
  #markClosed(node: TreeNode): void {
    node.closed = true;
    if (node.codePath !== node.parent?.codePath) this.#options.release(node.codePath);
  }
}

function* pathTo(leaf: TreeNode): Iterable<TreeNode> {
  for (let node: TreeNode | null = leaf; node !== null; node = node.parent) yield node;
}
