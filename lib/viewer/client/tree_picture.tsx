// @ts-types="@types/d3-zoom"
import { zoomIdentity, type ZoomTransform } from "d3-zoom";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { TreeColumns } from "../api.ts";
import { nextNode } from "./keyboard.ts";
import { Legend } from "./legend.tsx";
import { draw, nodeAt } from "./paint.ts";
import { shortNumber } from "./texts.ts";
import { bestPath, bounds, buildTree, layOut, type PlacedNode } from "./tree_model.ts";
import { useZoom } from "./use_zoom.ts";

/** Properties of the picture of a tree. */
export interface TreePictureProps {
  readonly columns: TreeColumns;
  /** Which tree this is. */
  readonly title: string;
  readonly chosen: number;
  readonly folded: ReadonlySet<number>;
  readonly onChoose: (node: number) => void;
  readonly onFold: (node: number) => void;
}

/** Space around the tree, and between the chosen node and the edge, in pixels. */
const MARGIN = 30;

/** A tree on a canvas: pan, zoom, choose by pointer or by arrow keys, fold with Enter. */
export function TreePicture(props: TreePictureProps) {
  const { columns, title, chosen, folded, onChoose, onFold } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const root = useMemo(() => buildTree(columns), [columns]);
  const placed = useMemo(() => layOut(root, folded), [root, folded]);
  const best = useMemo(() => bestPath(root), [root]);
  const fit = () => {
    if (canvas.current !== null) zoom.moveTo(fitting(canvas.current, placed));
  };
  const zoom = useZoom(canvas, {
    paint: (element, view) => draw(element, { placed, best, chosen, view }),
    fit,
  });
  // Before the page is painted, or it would be seen without the tree.
  useLayoutEffect(fit, [root]);
  useLayoutEffect(() => {
    zoom.repaint();
    const here = placed.find(({ node }) => node.id === chosen);
    if (canvas.current === null || here === undefined) return;
    const [before, view] = [zoom.view(), revealing(canvas.current, here, zoom.view())];
    if (view.x !== before.x || view.y !== before.y) zoom.moveTo(view);
  }, [placed, chosen]);
  const at = (event: MouseEvent) =>
    canvas.current === null ? null : nodeAt(placed, zoom.view(), canvas.current, event);
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const next = nextNode(placed, chosen, event.key);
    if (event.key === "Enter" || event.key === " ") onFold(chosen);
    else if (event.key === "0") fit();
    else if (next !== null) onChoose(next);
    else return;
    event.preventDefault();
  };
  return (
    <section class="picture" aria-label={title}>
      <p class="title">
        <span>{title}</span> <button type="button" onClick={fit}>Fit</button>
      </p>
      <canvas
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-label="Search tree. Arrow keys choose a node, Enter folds and unfolds its branch, 0 shows the whole tree."
        data-shown={placed.length}
        onClick={(event) => {
          const one = at(event);
          if (one !== null) onChoose(one.node.id);
        }}
        onDblClick={(event) => {
          const one = at(event);
          if (one !== null) onFold(one.node.id);
        }}
        onMouseMove={(event) => {
          event.currentTarget.title = tooltip(at(event));
        }}
        onKeyDown={onKey}
      />
      <Legend />
    </section>
  );
}

function tooltip(one: PlacedNode | null): string {
  if (one === null) return "";
  const { id, q, visits } = one.node;
  return `Node ${id}, Q ${shortNumber(q)}, ${visits} visits`;
}

/** The view in which everything fits. */
function fitting(element: HTMLCanvasElement, placed: readonly PlacedNode[]): ZoomTransform {
  const { left, top, right, bottom } = bounds(placed);
  const [width, height] = [element.clientWidth, element.clientHeight];
  const scale = Math.min(
    1.5,
    (width - 2 * MARGIN) / (right - left),
    (height - 2 * MARGIN) / (bottom - top),
  );
  return zoomIdentity
    .translate(
      (width - (left + right) * scale) / 2,
      (height - (top + bottom) * scale) / 2,
    )
    .scale(scale);
}

/** The nearest view in which a node can be seen; the same one where it can be seen already. */
function revealing(
  element: HTMLCanvasElement,
  { x, y }: PlacedNode,
  view: ZoomTransform,
): ZoomTransform {
  const [atX, atY] = view.apply([x, y]);
  const inside = (at: number, size: number) => Math.max(MARGIN, Math.min(size - MARGIN, at));
  const moveX = inside(atX, element.clientWidth) - atX;
  const moveY = inside(atY, element.clientHeight) - atY;
  return view.translate(moveX / view.k, moveY / view.k);
}
