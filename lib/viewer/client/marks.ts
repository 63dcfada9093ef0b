// @ts-types="@types/d3-scale-chromatic"
import { interpolatePuOr } from "d3-scale-chromatic";
import type { DrawnNode } from "./tree_model.ts";

/** Outline of a node by what became of it; shapes say what colours say, for eyes that do not see them. */
export type Shape = "circle" | "tick" | "cross" | "triangle" | "diamond" | "ring";

/** Shapes with their meanings. */
export const SHAPES: readonly (readonly [Shape, string])[] = [
  ["circle", "step"],
  ["tick", "right answer"],
  ["cross", "wrong answer"],
  ["triangle", "code failed"],
  ["diamond", "truncated, unparsable or too deep"],
  ["ring", "screened out"],
];

/** Shape of a node. */
export function shapeOf({ kind, status, correct }: DrawnNode): Shape {
  if (status === "screened_out") return "ring";
  if (status === "code_error") return "triangle";
  if (status !== "ok") return "diamond";
  if (kind === "answer") return correct === true ? "tick" : "cross";
  return "circle";
}

/** Values of Q whose colours a legend shows. */
export const LEGEND_Q: readonly (number | null)[] = [-1, -0.5, 0, 0.5, 1, null];

/** The scale without its darkest ends, on which no sign could be read. */
const SPAN = 0.38;

/** Colour of a Q-value: orange -1, purple +1, a scale that colour-blind eyes can tell apart; grey where Q is undefined. */
export function colourOf(q: number | null): string {
  return q === null ? "#9aa0a6" : interpolatePuOr(0.5 - SPAN * Math.max(-1, Math.min(1, q)));
}

/** Colour of a sign on the colour of a Q-value. */
export function signColourOf(q: number | null): string {
  return q !== null && Math.abs(q) > 0.6 ? "#ffffff" : "#1b1d22";
}

/** Outline of a shape as an SVG path around the origin; canvas takes the same text. */
export function outline(shape: Shape, radius: number): string {
  const r = radius;
  switch (shape) {
    case "triangle":
      return `M0 ${-r}L${r} ${r}L${-r} ${r}Z`;
    case "diamond":
      return `M0 ${-r}L${r} 0L0 ${r}L${-r} 0Z`;
    case "cross":
      return `M${-r} ${-r}H${r}V${r}H${-r}Z`;
    case "circle":
    case "ring":
    case "tick":
      return `M${-r} 0A${r} ${r} 0 1 0 ${r} 0A${r} ${r} 0 1 0 ${-r} 0Z`;
  }
}

/** Sign inside the outline of an answer; empty for everything else. */
export function sign(shape: Shape, radius: number): string {
  const r = radius * 0.6;
  if (shape === "tick") return `M${-r} 0L${-r / 4} ${r * 0.7}L${r} ${-r * 0.7}`;
  if (shape === "cross") return `M${-r} ${-r}L${r} ${r}M${r} ${-r}L${-r} ${r}`;
  return "";
}
