// @ts-types="@types/d3-hierarchy"
import { hierarchy, type HierarchyPointNode, tree as tidyTree } from "d3-hierarchy";
import type { TreeColumns } from "../api.ts";

/** A node as it is drawn. */
export interface DrawnNode {
  readonly id: number;
  readonly children: readonly DrawnNode[];
  readonly kind: string;
  readonly status: string;
  readonly visits: number;
  readonly q: number | null;
  readonly correct: boolean | null;
}

/** A node with its place, in pixels at scale 1; x grows with depth. */
export interface PlacedNode {
  readonly node: DrawnNode;
  readonly parent: PlacedNode | null;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Nodes below it that are folded away. */
  readonly folded: number;
}

/** Distance between levels, at least, and between neighbours, in pixels. */
const LEVEL = 90;
const NEIGHBOUR = 18;

/** A tree is drawn so many times as high as it is wide, about the shape of the window, while its levels are not further apart than that. */
const HEIGHT = 0.75;
const WIDE_LEVEL = 240;

/** It is at most so many times as high as it is wide: one of ten thousand nodes would be a line. */
const MAX_HEIGHT = 4;

/** Radius of a node that no rollout passed, and of the most visited ones, in pixels. */
const [MIN_RADIUS, MAX_RADIUS] = [4, 12];

/** The root of a tree, with all that is below it. */
export function buildTree(columns: TreeColumns): DrawnNode {
  const children = new Map<number, DrawnNode[]>();
  const nodes = columns.id.map((id, i): DrawnNode => {
    const own: DrawnNode[] = [];
    children.set(id, own);
    return {
      id,
      children: own,
      kind: columns.kind[i] ?? "step",
      status: columns.status[i] ?? "ok",
      visits: columns.visits[i] ?? 0,
      q: columns.q[i] ?? null,
      correct: columns.correct[i] ?? null,
    };
  });
  for (const [i, node] of nodes.entries()) {
    const parent = columns.parent[i];
    if (parent !== null && parent !== undefined) children.get(parent)?.push(node);
  }
  const [root] = nodes;
  if (root === undefined) throw new Error("Cannot draw a tree without a root");
  return root;
}

/** Places the nodes that are not folded away. */
export function layOut(root: DrawnNode, folded: ReadonlySet<number>): readonly PlacedNode[] {
  const shown = hierarchy(root, (node) => folded.has(node.id) ? [] : [...node.children]);
  const placed = tidyTree<DrawnNode>().nodeSize([NEIGHBOUR, 1])(shown);
  const level = levelDistance(placed);
  const result: PlacedNode[] = [];
  const byNode = new Map<HierarchyPointNode<DrawnNode>, PlacedNode>();
  placed.eachBefore((point) => {
    const one: PlacedNode = {
      node: point.data,
      parent: point.parent === null ? null : byNode.get(point.parent) ?? null,
      x: point.y * level,
      y: point.x,
      radius: Math.min(MAX_RADIUS, MIN_RADIUS + 1.8 * Math.log2(1 + point.data.visits)),
      folded: folded.has(point.data.id) ? countBelow(point.data) : 0,
    };
    byNode.set(point, one);
    result.push(one);
  });
  return result;
}

function levelDistance(root: HierarchyPointNode<DrawnNode>): number {
  let [top, bottom] = [0, 0];
  root.each(({ x }) => {
    top = Math.min(top, x);
    bottom = Math.max(bottom, x);
  });
  const height = (bottom - top) / Math.max(1, root.height);
  return Math.max(LEVEL, Math.min(WIDE_LEVEL, height / HEIGHT), height / MAX_HEIGHT);
}

function countBelow(node: DrawnNode): number {
  let count = 0;
  const open = [...node.children];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    count++;
    open.push(...next.children);
  }
  return count;
}

/** Ids from the root to the right answer whose steps have the highest mean Q; empty without a right answer. */
export function bestPath(root: DrawnNode): ReadonlySet<number> {
  let best: { readonly value: number; readonly path: readonly number[] } | null = null;
  const open: { node: DrawnNode; path: number[]; sum: number }[] = [
    { node: root, path: [root.id], sum: 0 },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, path, sum } = next;
    const value = sum / Math.max(1, path.length - 1);
    if (node.correct === true && (best === null || value > best.value)) best = { value, path };
    for (const child of node.children) {
      open.push({ node: child, path: [...path, child.id], sum: sum + (child.q ?? 0) });
    }
  }
  return new Set(best?.path ?? []);
}

/** Smallest box around what is drawn. */
export function bounds(placed: readonly PlacedNode[]) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y, radius } of placed) {
    left = Math.min(left, x - radius);
    right = Math.max(right, x + radius);
    top = Math.min(top, y - radius);
    bottom = Math.max(bottom, y + radius);
  }
  return { left, top, right, bottom };
}
