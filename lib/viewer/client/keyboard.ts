import type { PlacedNode } from "./tree_model.ts";

/** Node that an arrow key leads to: right to the first child, left to the parent, up and down among neighbours of a level. */
export function nextNode(
  placed: readonly PlacedNode[],
  chosen: number,
  key: string,
): number | null {
  const here = placed.find(({ node }) => node.id === chosen);
  if (here === undefined) return placed[0]?.node.id ?? null;
  if (key === "ArrowLeft") return here.parent?.node.id ?? null;
  if (key === "ArrowRight") return placed.find(({ parent }) => parent === here)?.node.id ?? null;
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const direction = key === "ArrowUp" ? -1 : 1;
  const level = placed.filter(({ x, y }) => x === here.x && (y - here.y) * direction > 0);
  const distance = ({ y }: PlacedNode) => Math.abs(y - here.y);
  return level.reduce<PlacedNode | null>(
    (best, one) => best === null || distance(one) < distance(best) ? one : best,
    null,
  )?.node.id ?? null;
}
