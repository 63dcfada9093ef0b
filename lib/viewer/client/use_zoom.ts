// @ts-types="@types/d3-selection"
import { select } from "d3-selection";
// @ts-types="@types/d3-zoom"
import {
  type D3ZoomEvent,
  zoom,
  type ZoomBehavior,
  zoomIdentity,
  type ZoomTransform,
} from "d3-zoom";
import { type RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** Smallest and largest scale. */
const SCALES: [number, number] = [0.002, 4];

/** The view of a canvas. */
export interface Zoom {
  /** Returns the view that is seen now. */
  readonly view: () => ZoomTransform;
  /** Looks elsewhere. */
  readonly moveTo: (view: ZoomTransform) => void;
  /** Paints again, at the next frame. */
  readonly repaint: () => void;
}

/** Callbacks of a canvas. */
export interface ZoomOptions {
  /** Called once a frame at most, whenever something changes that it shows. */
  readonly paint: (element: HTMLCanvasElement, view: ZoomTransform) => void;
  /** Called when the canvas gets another size and the user has not chosen a view of their own. */
  readonly fit: () => void;
}

/** Lets a canvas be panned and zoomed. */
export function useZoom(canvas: RefObject<HTMLCanvasElement>, options: ZoomOptions): Zoom {
  const latest = useRef(options);
  latest.current = options;
  const isOwn = useRef(false);
  const view = useRef(zoomIdentity);
  const behaviour = useRef<ZoomBehavior<HTMLCanvasElement, unknown> | null>(null);
  const frame = useRef(0);
  const repaint = () => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => {
      if (canvas.current !== null) latest.current.paint(canvas.current, view.current);
    });
  };
  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    behaviour.current = zoom<HTMLCanvasElement, unknown>().scaleExtent(SCALES).on(
      "zoom",
      ({ transform, sourceEvent }: D3ZoomEvent<HTMLCanvasElement, unknown>) => {
        // Without an event it was the program that moved.
        isOwn.current = sourceEvent !== null;
        view.current = transform;
        repaint();
      },
    );
    // A double press folds; it does not zoom.
    select(element).call(behaviour.current).on("dblclick.zoom", null);
    const sizes = new ResizeObserver(() => isOwn.current ? repaint() : latest.current.fit());
    sizes.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", repaint);
    return () => {
      cancelAnimationFrame(frame.current);
      sizes.disconnect();
      scheme.removeEventListener("change", repaint);
      select(element).on(".zoom", null);
    };
  }, []);
  const moveTo = (wanted: ZoomTransform) => {
    if (canvas.current === null || behaviour.current === null) return;
    select(canvas.current).call(behaviour.current.transform, wanted);
  };
  return { view: () => view.current, moveTo, repaint };
}
