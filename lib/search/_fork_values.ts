/** Statistics of a tree that grew from forks (docs/search.md, "Forks"): pure, over committed nodes. */
import type { NodeForks, PpmCalibration } from "../core/mod.ts";
import type { Draw } from "./_fork.ts";
import { isFailed, type TreeNode } from "./_node.ts";
import { priorValue } from "./_values.ts";

/** Draws of each node, with their weights. */
interface Draws {
  drawsOf(node: TreeNode): readonly Draw[];
}

/**
 * Probability, mass and mass-weighted Q of every node, in the order of the nodes.
 *
 * @param nodes Parents before their children, each at the position of its number.
 */
export function nodeForks(
  nodes: readonly TreeNode[],
  { book, calibration }: { readonly book: Draws; readonly calibration: PpmCalibration },
): readonly NodeForks[] {
  const masses = nodes.map((node): number => node.parent === null ? 1 : 0);
  for (const node of nodes) {
    for (const { child, weight } of book.drawsOf(node)) {
      masses[child.id] = (masses[child.id] ?? 0) + (masses[node.id] ?? 0) * weight;
    }
  }
  const values = new Map<TreeNode, number | null>();
  for (const node of nodes.toReversed()) {
    values.set(node, ownValue(node, calibration) ?? meanBelow(book.drawsOf(node), values));
  }
  return nodes.map((node) => ({
    policyLogprob: node.parent === null ? 0 : node.policyLogprob,
    mass: masses[node.id] ?? 0,
    massQ: values.get(node) ?? null,
  }));
}

/** Value of a node by itself: of an answer and of a failure. */
function ownValue(node: TreeNode, calibration: PpmCalibration): number | null {
  if (isFailed(node)) return -1;
  if (node.correct !== null) return node.correct ? 1 : -1;
  return node.kind === "answer" && node.logit !== null ? priorValue(node.logit, calibration) : null;
}

function meanBelow(
  draws: readonly Draw[],
  values: ReadonlyMap<TreeNode, number | null>,
): number | null {
  let [sum, total] = [0, 0];
  for (const { child, weight } of draws) {
    const value = values.get(child) ?? null;
    if (value === null) continue;
    sum += weight * value;
    total += weight;
  }
  return total > 0 ? sum / total : null;
}
