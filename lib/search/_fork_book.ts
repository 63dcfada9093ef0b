/**
 * The forks of a growing tree (docs/search.md, "Forks"): the second mutable structure of search. A fork that is taken is gone, so no
 * two rollouts draw the same; what rollouts bring is entered when they are committed, in the order in which they were started.
 */
import { hashSeed, type PpmCalibration, seededRandom } from "../core/mod.ts";
import { chooseFork, weighForks, type WeightedFork } from "./_choose_fork.ts";
import { drawnLogprob, emptyFork, type Fork, ForkTable } from "./_fork.ts";
import type { ForkRollout } from "./_fork_rollout.ts";
import type { TreeNode } from "./_node.ts";
import { addUsage } from "./_usage.ts";
import type { SearchSpec } from "./spec.ts";

/** Open forks that a tree keeps; of more, the least are dropped. */
const MAX_OPEN_FORKS = 20_000;

/** Probability of all open forks together below which a tree is exhausted, where the specification does not say (`openMass`). */
const DEFAULT_OPEN_MASS = 1e-4;

/** Options of a {@linkcode ForkBook}. */
export interface ForkBookOptions {
  readonly spec: SearchSpec;
  readonly seed: number;
  readonly calibration: PpmCalibration;
  /** Open forks that are kept. @default 20,000 */
  readonly maxOpen?: number;
}

/** All forks of one tree. */
export class ForkBook {
  readonly #options: ForkBookOptions;
  /** In the order in which their nodes were first drawn. */
  readonly #tables = new Map<TreeNode, ForkTable>();
  #skipped = 0;

  constructor(root: TreeNode, options: ForkBookOptions) {
    this.#options = options;
    const table = new ForkTable();
    table.open.push(emptyFork(root));
    this.#tables.set(root, table);
    root.openForks = 1;
  }

  /** Forks that nothing could be drawn behind. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Draws of a node, with their weights. */
  drawsOf(node: TreeNode) {
    return this.#tables.get(node)?.draws ?? [];
  }

  /** Every open fork with its mass and its weight. */
  open(): readonly WeightedFork[] {
    const { spec, calibration } = this.#options;
    const forks = [...this.#tables.values()].flatMap(({ open }) => open);
    return weighForks(forks, {
      rule: spec.choice ?? "mass-value",
      calibration,
      reachOf: logReach(),
    });
  }

  /** Probability of all open forks together. */
  openMass(): number {
    return massOf(this.open());
  }

  /**
   * Takes the fork of the next rollout out of the tree; `null` when too little is open.
   *
   * @param index Zero-based number of the rollout, from which the choice follows.
   */
  take(index: number): Fork | null {
    const { spec, seed } = this.#options;
    const open = this.open();
    if (massOf(open) < (spec.openMass ?? DEFAULT_OPEN_MASS)) return null;
    const random = seededRandom(hashSeed(seed, "choice", index))();
    const fork = chooseFork(open, { rule: spec.choice ?? "mass-value", random });
    if (fork === null) return null;
    const table = this.#tableOf(fork.node);
    table.open = table.open.filter((one) => one !== fork);
    table.inFlight++;
    return fork;
  }

  /**
   * Enters a finished rollout, and returns it as the tree is to commit it: a step that another rollout has brought meanwhile is merged
   * into that one, and what was drawn below it is dropped, for there the tree has forks of its own.
   */
  enter(rollout: ForkRollout): ForkRollout {
    this.#tableOf(rollout.start).inFlight--;
    if (rollout.taken.length === 0) this.#skipped++;
    const settled = this.#options.spec.merge ? mergedAtStart(rollout) : rollout;
    for (const taken of settled.taken) {
      const { fork: { node }, child } = taken;
      if (settled.expansions.some(({ created }) => created.includes(child))) {
        child.drawIndex = node.draws;
      }
      child.policyLogprob = logAdd(child.policyLogprob, drawnLogprob(taken));
      const table = this.#tableOf(node);
      table.enter(taken);
      if (hasItsAnswer(node, child)) table.open = [];
    }
    this.#dropLeast();
    for (const [node, { open, inFlight }] of this.#tables) {
      node.openForks = open.length + inFlight;
    }
    return settled;
  }

  #tableOf(node: TreeNode): ForkTable {
    const known = this.#tables.get(node);
    if (known !== undefined) return known;
    const table = new ForkTable();
    this.#tables.set(node, table);
    return table;
  }

  /** Keeps the number of forks bounded; half of the bound is left, so that this is rare. */
  #dropLeast(): void {
    const { maxOpen = MAX_OPEN_FORKS } = this.#options;
    let count = 0;
    for (const { open } of this.#tables.values()) count += open.length;
    if (count <= maxOpen) return;
    const kept = new Set(
      this.open().toSorted((a, b) => b.mass - a.mass).slice(0, Math.ceil(maxOpen / 2))
        .map(({ fork }) => fork),
    );
    for (const table of this.#tables.values()) {
      table.open = table.open.filter((fork) => kept.has(fork));
    }
  }
}

function massOf(forks: readonly WeightedFork[]): number {
  return forks.reduce((sum, { mass }) => sum + mass, 0);
}

/** The answer to a given output is the answer: one is enough. */
function hasItsAnswer(node: TreeNode, child: TreeNode): boolean {
  return node.kind === "code_end" && child.kind === "answer";
}

/** Logarithm of the probability that the policy writes a node's text, each node looked at once. */
function logReach(): (node: TreeNode) => number {
  const known = new Map<TreeNode, number>();
  const reachOf = (node: TreeNode): number => {
    const found = known.get(node);
    if (found !== undefined) return found;
    const reach = node.parent === null ? 0 : reachOf(node.parent) + node.policyLogprob;
    known.set(node, reach);
    return reach;
  };
  return reachOf;
}

/** A rollout whose first new step the tree has got from another one since: it ends there. */
function mergedAtStart(rollout: ForkRollout): ForkRollout {
  const { start, expansions, taken } = rollout;
  const [first, ...below] = expansions;
  const drawn = first?.created[0];
  const [through] = taken;
  if (first === undefined || drawn === undefined || through === undefined) return rollout;
  const equal = start.children.find(({ mergeKey }) => mergeKey === drawn.mergeKey);
  if (equal === undefined) return rollout;
  const usage = below.reduce((sum, expansion) => addUsage(sum, expansion.usage), first.usage);
  return {
    ...rollout,
    expansions: [{ node: first.node, draws: first.draws, created: [], repeated: [equal], usage }],
    taken: [{ fork: through.fork, generated: through.generated, child: equal }],
    answer: null,
  };
}

function logAdd(a: number, b: number): number {
  const high = Math.max(a, b);
  return high === -Infinity ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high));
}
