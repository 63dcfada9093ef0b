import { select } from "d3-selection";
import { zoom, type ZoomBehavior, zoomIdentity, type ZoomTransform } from "d3-zoom";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { TreeColumns } from "../api.ts";
import { nextNode } from "./keyboard.ts";
import { SHAPES } from "./marks.ts";
import { draw, nodeAt } from "./paint.ts";
import { bestPath, bounds, buildTree, layOut, type PlacedNode } from "./tree_model.ts";

/** What the picture of a tree is told. */
export interface TreePictureProps {
  readonly columns: TreeColumns;
  /** Node that is chosen; `null` in a tree that is only compared with. */
  readonly chosen: number;
  readonly folded: ReadonlySet<number>;
  readonly onChoose: (node: number) => void;
  readonly onFold: (node: number) => void;
}

/** A tree on a canvas: pan, zoom, choose by pointer or by arrow keys, fold with Enter. */
export function TreePicture(props: TreePictureProps) {
  const { columns, chosen, folded, onChoose, onFold } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<ZoomTransform>(zoomIdentity);
  const behaviour = useRef<ZoomBehavior<HTMLCanvasElement, unknown> | null>(null);
  const root = useMemo(() => buildTree(columns), [columns]);
  const placed = useMemo(() => layOut(root, folded), [root, folded]);
  const best = useMemo(() => bestPath(root), [root]);
  const scene = useRef({ placed, best, chosen });
  scene.current = { placed, best, chosen };
  const paint = () => {
    if (canvas.current !== null) draw(canvas.current, { ...scene.current, view: view.current });
  };
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    let wanted = 0;
    const later = () => {
      cancelAnimationFrame(wanted);
      wanted = requestAnimationFrame(paint);
    };
    const zooming = zoom<HTMLCanvasElement, unknown>().scaleExtent([0.02, 4]).on(
      "zoom",
      (event) => {
        view.current = event.transform;
        later();
      },
    );
    behaviour.current = zooming;
    select(element).call(zooming).on("dblclick.zoom", null);
    const sizes = new ResizeObserver(later);
    sizes.observe(element);
    return () => {
      cancelAnimationFrame(wanted);
      sizes.disconnect();
      select(element).on(".zoom", null);
    };
  }, []);
  const fit = () => {
    const element = canvas.current;
    if (element === null || behaviour.current === null) return;
    select(element).call(behaviour.current.transform, fitting(element, placed));
  };
  useEffect(fit, [root]);
  useEffect(paint, [placed, best, chosen]);
  const at = (event: MouseEvent) => {
    const element = canvas.current;
    return element === null ? null : nodeAt(placed, view.current, element, event);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" || event.key === " ") onFold(chosen);
    else if (event.key === "0") fit();
    else {
      const next = nextNode(placed, chosen, event.key);
      if (next === null) return;
      onChoose(next);
    }
    event.preventDefault();
  };
  return (
    <div class="picture">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-label={`Search tree of ${columns.problem} with ${columns.id.length} nodes. Arrow keys move, Enter folds, 0 fits.`}
        data-nodes={placed.length}
        onClick={(event) => {
          const node = at(event);
          if (node !== null) onChoose(node);
        }}
        onDblClick={(event) => {
          const node = at(event);
          if (node !== null) onFold(node);
        }}
        onKeyDown={onKey}
      />
      <div class="legend">
        size: visits; colour: Q from orange (−1) to purple (+1); thick line: best path;{" "}
        {Object.entries(SHAPES).map(([shape, meaning]) => `${shape}: ${meaning}`).join("; ")}
      </div>
    </div>
  );
}

/** The view in which everything fits. */
function fitting(element: HTMLCanvasElement, placed: readonly PlacedNode[]): ZoomTransform {
  const { left, top, right, bottom } = bounds(placed);
  const margin = 24;
  const scale = Math.min(
    2,
    (element.clientWidth - 2 * margin) / Math.max(1, right - left),
    (element.clientHeight - 2 * margin) / Math.max(1, bottom - top),
  );
  return zoomIdentity
    .translate(margin - left * scale, (element.clientHeight - (top + bottom) * scale) / 2)
    .scale(Math.max(0.02, scale));
}
