/**
 * Charts as SVG, drawn by Observable Plot on a DOM without a browser. They take the page's text colour, so they are readable on light
 * and dark ground; series differ by colour (safe for colour-blind eyes, after Okabe and Ito) and by symbol.
 */
import * as Plot from "@observablehq/plot";
import { DOMParser } from "linkedom";
import type { Axis, ChartBlock, Point, Series } from "./document.ts";

/** Colours of series, in order; they come around again. */
const COLOURS = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#8c8c8c",
  "#9a8700",
] as const;

const SYMBOLS = ["circle", "triangle", "square", "diamond", "star", "cross", "wye"] as const;

const WIDTH = 680;
const HEIGHT = 280;

/** Lines with more points are drawn without a symbol at each. */
const DOTTED_POINTS = 40;

/** Pixels from a point's middle to the rim of a circle there. */
const RADIUS = 3.5;

/** Sides of a series' mark in the key, in pixels. */
const KEY_SIZE = 12;

/** Pixels between series that stand at one place of a text axis. */
const DODGE = 9;

/** Ends of an axis of shares, which Plot counts in percent. */
const PERCENT = [0, 100];

/** A chart as an SVG element, text escaped. */
export function chartSvg(chart: ChartBlock): string {
  const svg = drawn({
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 56,
    marginRight: 24,
    marginBottom: 40,
    ariaLabel: chart.title,
    ...scales(chart),
    marks: marks(chart),
  });
  // One picture with one name.
  svg.setAttribute("role", "img");
  return svg.outerHTML;
}

/** Draws the mark that stands for a series in a chart's key, as an SVG element: its colour, and its symbol where the chart has symbols. */
export function keySvg({ kind }: ChartBlock, index: number): string {
  const fill = seriesColour(index);
  const mark = kind === "bars"
    ? Plot.frame({ fill, stroke: null })
    : Plot.dot([0], { frameAnchor: "middle", r: RADIUS, fill, symbol: seriesSymbol(index) });
  const svg = drawn({ width: KEY_SIZE, height: KEY_SIZE, margin: 0, axis: null, marks: [mark] });
  // The series' name stands beside it.
  svg.setAttribute("aria-hidden", "true");
  return svg.outerHTML;
}

function drawn(options: Plot.PlotOptions): ReturnType<typeof Plot.plot> {
  const document = new DOMParser().parseFromString("<!doctype html><html></html>", "text/html");
  const svg = Plot.plot({ document, className: "plot", ...options });
  // Names of its parts mean nothing on elements without a role.
  for (const part of svg.querySelectorAll("g[aria-label]")) part.removeAttribute("aria-label");
  // The page's own style sheet holds the rules: its policy allows no other.
  svg.querySelector("style")?.remove();
  return svg;
}

/** Colour and symbol come around after different numbers, so that no two of the first 56 series have both in common. */
function seriesColour(index: number): string {
  return COLOURS[index % COLOURS.length] as string;
}

function seriesSymbol(index: number): typeof SYMBOLS[number] {
  return SYMBOLS[index % SYMBOLS.length] as typeof SYMBOLS[number];
}

function marks(chart: ChartBlock): Plot.Markish[] {
  const base = chart.kind === "calibration"
    ? diagonal()
    : [Plot.ruleY([0], { strokeOpacity: 0.4 })];
  if (chart.kind === "bars") return [...base, bars(chart)];
  return [...base, ...chart.series.flatMap((series, i) => seriesMarks(chart, series, i))];
}

function seriesMarks(
  { kind, x, series: all }: ChartBlock,
  { points }: Series,
  index: number,
): Plot.Markish[] {
  const colour = seriesColour(index);
  const dx = kind === "intervals" && x.format === "text"
    ? (index - (all.length - 1) / 2) * DODGE
    : 0;
  const place = { x: "x", dx };
  const withInterval = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  const isDotted = kind !== "lines" || points.length <= DOTTED_POINTS;
  return [
    Plot.lineY(points, {
      ...place,
      y: "y",
      stroke: colour,
      strokeOpacity: kind === "lines" ? 1 : 0.45,
      sort: x.format === "text" ? null : "x",
    }),
    Plot.ruleX(withInterval, { ...place, y1: "low", y2: "high", stroke: colour }),
    ...(isDotted ? [dots(kind, points, { colour, index, dx })] : []),
  ];
}

function dots(
  kind: ChartBlock["kind"],
  points: readonly Point[],
  { colour, index, dx }: { readonly colour: string; readonly index: number; readonly dx: number },
): Plot.Markish {
  return Plot.dot(points, {
    x: "x",
    y: "y",
    dx,
    r: kind === "calibration" ? "weight" : RADIUS,
    fill: colour,
    fillOpacity: kind === "calibration" ? 0.7 : 1,
    symbol: seriesSymbol(index),
  });
}

function bars({ series }: ChartBlock): Plot.Markish {
  const rows = series.flatMap(({ name, points }) => points.map(({ x, y }) => ({ name, x, y })));
  return Plot.barY(
    rows,
    Plot.stackY({ x: "x", y: "y", fill: "name", order: series.map(({ name }) => name) }),
  );
}

function diagonal(): Plot.Markish[] {
  return [Plot.line([[0, 0], [1, 1]], { strokeDasharray: "4 4", strokeOpacity: 0.5 })];
}

function scales({ kind, x, y, series }: ChartBlock): Plot.PlotOptions {
  const isUnit = kind === "calibration";
  return {
    x: {
      ...axis(x),
      ...(kind === "bars" ? { type: "band" } : {}),
      ...(isUnit ? { domain: PERCENT } : {}),
      ...textAxis(x, series),
    },
    y: { ...axis(y), grid: true, nice: true, ...(isUnit ? { domain: PERCENT } : {}) },
    color: { domain: series.map(({ name }) => name), range: series.map((_, i) => seriesColour(i)) },
    r: { range: [2, 9] },
  };
}

function axis({ label, format, scale }: Axis): Plot.ScaleOptions {
  return {
    label: format === "percent" ? `${label} (%)` : label,
    ...(scale === "log" ? { type: "log" as const, ticks: 4 } : {}),
    ...(format === "percent" ? { percent: true } : {}),
    ...(format === "integer" ? { tickFormat: wholeTick } : {}),
  };
}

/** Places of a text axis stand in the order in which they come. */
function textAxis({ format }: Axis, series: readonly Series[]): Plot.ScaleOptions {
  if (format !== "text") return {};
  const places = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))];
  const isCrowded = places.reduce<number>((sum, place) => sum + String(place).length, 0) > 70;
  return { domain: places, ...(isCrowded ? { tickRotate: -30 } : {}) };
}

/** Ticks between whole numbers say nothing. */
function wholeTick(value: unknown): string {
  return typeof value === "number" && Number.isInteger(value) ? value.toLocaleString("en-US") : "";
}
