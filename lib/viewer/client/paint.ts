// @ts-types="@types/d3-zoom"
import type { ZoomTransform } from "d3-zoom";
import { colourOf, outline, shapeOf, sign, signColourOf } from "./marks.ts";
import type { PlacedNode } from "./tree_model.ts";

/** Scene that is painted. */
export interface Scene {
  readonly placed: readonly PlacedNode[];
  readonly best: ReadonlySet<number>;
  readonly chosen: number;
  readonly view: ZoomTransform;
}

/** Below this many pixels a node is a dot: its outline could not be told apart. */
const SMALL = 1.7;

/** Width of the thinnest line that can be seen, in pixels. */
const MIN_LINE = 0.4;

/** Space around what is seen in which nodes are painted, too: they reach into it. In pixels at scale 1. */
const EDGE = 20;

/** How far beside a node a press still means it, in pixels. */
const REACH = 6;

/** Half the side of the smallest dot that can be seen, in pixels. */
const MIN_DOT = 0.8;

/** Width of a dot's edge, in pixels. */
const DOT_EDGE = 0.5;

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
  const isSeen: Seen = (one, other) =>
    Math.max(one.x, other.x) > left - EDGE && Math.min(one.x, other.x) < right + EDGE &&
    Math.max(one.y, other.y) > top - EDGE && Math.min(one.y, other.y) < bottom + EDGE;
  drawLinks(context, placed, { best, isSeen, scale: view.k, colour: style.color });
  for (const one of placed) {
    if (isSeen(one, one)) drawNode(context, one, { scale: view.k, colour: style.color });
  }
  const own = placed.find(({ node }) => node.id === chosen);
  if (own !== undefined) drawRing(context, own, { scale: view.k, colour: style.accentColor });
}

/** Whether anything of the box between two nodes can be seen. */
type Seen = (one: PlacedNode, other: PlacedNode) => boolean;

function drawLinks(
  context: CanvasRenderingContext2D,
  placed: readonly PlacedNode[],
  { best, isSeen, scale, colour }: {
    readonly best: ReadonlySet<number>;
    readonly isSeen: Seen;
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
      if (!isSeen(one, parent)) continue;
      context.moveTo(parent.x, parent.y);
      const middle = (parent.x + x) / 2;
      context.bezierCurveTo(middle, parent.y, middle, y, x, y);
    }
    context.strokeStyle = colour;
    context.globalAlpha = opacity;
    context.lineWidth = width * Math.max(1, MIN_LINE / scale);
    context.stroke();
  }
  context.globalAlpha = 1;
}

interface Pen {
  readonly scale: number;
  readonly colour: string;
}

function drawNode(
  context: CanvasRenderingContext2D,
  { node, x, y, radius, folded }: PlacedNode,
  { scale, colour }: Pen,
): void {
  if (radius * scale < SMALL) {
    const half = Math.max(radius, MIN_DOT / scale);
    // A Q near 0 is as pale as the page: without an edge the dot would not be seen.
    const outer = half + DOT_EDGE / scale;
    context.globalAlpha = 0.5;
    context.fillStyle = colour;
    context.fillRect(x - outer, y - outer, 2 * outer, 2 * outer);
    context.globalAlpha = 1;
    context.fillStyle = colourOf(node.q);
    context.fillRect(x - half, y - half, 2 * half, 2 * half);
    return;
  }
  context.fillStyle = colourOf(node.q);
  const shape = shapeOf(node);
  const path = new Path2D(outline(shape, radius));
  context.save();
  context.translate(x, y);
  if (shape !== "ring") context.fill(path);
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.stroke(path);
  const mark = sign(shape, radius);
  if (mark !== "") {
    context.strokeStyle = signColourOf(node.q);
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

/** Ring around the chosen node, as wide at every scale. */
function drawRing(
  context: CanvasRenderingContext2D,
  { x, y, radius }: PlacedNode,
  { scale, colour }: Pen,
): void {
  context.strokeStyle = colour;
  context.lineWidth = 3 / scale;
  context.beginPath();
  context.arc(x, y, radius + 4 / scale, 0, 2 * Math.PI);
  context.stroke();
}

/** The node under the pointer; `null` where there is none. */
export function nodeAt(
  placed: readonly PlacedNode[],
  view: ZoomTransform,
  canvas: HTMLCanvasElement,
  event: MouseEvent,
): PlacedNode | null {
  const box = canvas.getBoundingClientRect();
  const [x, y] = view.invert([event.clientX - box.left, event.clientY - box.top]);
  const reach = REACH / view.k;
  let best: PlacedNode | null = null;
  let bestDistance = Infinity;
  for (const one of placed) {
    const distance = Math.hypot(one.x - x, one.y - y);
    if (distance > one.radius + reach || distance >= bestDistance) continue;
    best = one;
    bestDistance = distance;
  }
  return best;
}
