import type { ZoomTransform } from "d3-zoom";
import { colourOf, outline, shapeOf, sign } from "./marks.ts";
import type { PlacedNode } from "./tree_model.ts";

/** What is painted. */
export interface Scene {
  readonly placed: readonly PlacedNode[];
  readonly best: ReadonlySet<number>;
  readonly chosen: number;
  readonly view: ZoomTransform;
}

/** Below this many pixels a node is a dot: its outline could not be told apart. */
const SMALL = 2.5;

/** Paints what can be seen of a tree; the rest costs nothing. */
export function draw(canvas: HTMLCanvasElement, { placed, best, chosen, view }: Scene): void {
  const ratio = devicePixelRatio;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== width * ratio) canvas.width = width * ratio;
  if (canvas.height !== height * ratio) canvas.height = height * ratio;
  const context = canvas.getContext("2d");
  if (context === null) return;
  const style = getComputedStyle(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.setTransform(ratio * view.k, 0, 0, ratio * view.k, ratio * view.x, ratio * view.y);
  const [left, top] = view.invert([0, 0]);
  const [right, bottom] = view.invert([width, height]);
  const isSeen = ({ x, y }: PlacedNode) =>
    x > left - 100 && x < right + 100 && y > top - 20 && y < bottom + 20;
  drawLinks(context, placed, { best, isSeen, scale: view.k, colour: style.color });
  for (const one of placed) {
    if (isSeen(one)) drawNode(context, one, { chosen, scale: view.k, colour: style.color });
  }
}

function drawLinks(
  context: CanvasRenderingContext2D,
  placed: readonly PlacedNode[],
  { best, isSeen, scale, colour }: {
    readonly best: ReadonlySet<number>;
    readonly isSeen: (one: PlacedNode) => boolean;
    readonly scale: number;
    readonly colour: string;
  },
): void {
  const strokes = [
    { isBest: false, width: 1, opacity: 0.3 },
    { isBest: true, width: 3, opacity: 0.9 },
  ];
  for (const { isBest, width, opacity } of strokes) {
    context.beginPath();
    for (const one of placed) {
      const { parent, x, y, node } = one;
      if (parent === null || best.has(node.id) !== isBest) continue;
      if (!isSeen(one) && !isSeen(parent)) continue;
      context.moveTo(parent.x, parent.y);
      const middle = (parent.x + x) / 2;
      context.bezierCurveTo(middle, parent.y, middle, y, x, y);
    }
    context.strokeStyle = colour;
    context.globalAlpha = opacity;
    context.lineWidth = width / Math.max(0.3, Math.min(1, scale));
    context.stroke();
  }
  context.globalAlpha = 1;
}

function drawNode(
  context: CanvasRenderingContext2D,
  { node, x, y, radius, folded }: PlacedNode,
  { chosen, scale, colour }: {
    readonly chosen: number;
    readonly scale: number;
    readonly colour: string;
  },
): void {
  context.fillStyle = colourOf(node.q);
  if (radius * scale < SMALL && node.id !== chosen) {
    context.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
    return;
  }
  const shape = shapeOf(node);
  const path = new Path2D(outline(shape, radius));
  context.save();
  context.translate(x, y);
  if (shape !== "ring") context.fill(path);
  context.strokeStyle = colour;
  context.lineWidth = node.id === chosen ? 3 / Math.min(1, scale) : 1;
  context.stroke(path);
  const mark = sign(shape, radius);
  if (mark !== "") {
    context.lineWidth = 2;
    context.stroke(new Path2D(mark));
  }
  if (folded > 0) {
    context.fillStyle = colour;
    context.font = "11px system-ui, sans-serif";
    context.fillText(`+${folded}`, radius + 3, 4);
  }
  context.restore();
}

/** Id of the node under the pointer; `null` where there is none. */
export function nodeAt(
  placed: readonly PlacedNode[],
  view: ZoomTransform,
  canvas: HTMLCanvasElement,
  event: MouseEvent,
): number | null {
  const box = canvas.getBoundingClientRect();
  const [x, y] = view.invert([event.clientX - box.left, event.clientY - box.top]);
  const reach = 6 / view.k;
  let best: { readonly id: number; readonly distance: number } | null = null;
  for (const one of placed) {
    const distance = Math.hypot(one.x - x, one.y - y);
    if (distance > one.radius + reach) continue;
    if (best === null || distance < best.distance) best = { id: one.node.id, distance };
  }
  return best?.id ?? null;
}
