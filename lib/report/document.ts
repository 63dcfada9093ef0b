/**
 * A report as data: what HTML, Markdown and JSON all show.
 *
 * Invariant: every number is here once, unrounded. A renderer chooses digits and nothing else, so that the three cannot disagree.
 */

/** A value of a table. */
export type Cell = string | number | boolean | null;

/**
 * How a value is written. `percent` is of a fraction; `points` is a difference of fractions; `short` is `1.23M`; `p` a p-value; `code`
 * text that a model or a program wrote.
 */
export const FORMATS = [
  "text",
  "code",
  "integer",
  "number",
  "short",
  "percent",
  "points",
  "p",
  "yes",
] as const;

/** How a value is written. */
export type Format = typeof FORMATS[number];

/** A column of a table. */
export interface Column {
  readonly key: string;
  readonly label: string;
  readonly format: Format;
  /** Key of a standard error that is written behind the value. */
  readonly error?: string;
  /** Keys of the ends of an interval that is written beside the value. */
  readonly interval?: readonly [low: string, high: string];
  /** Keys of further values of the same kind that are written behind it: those of every seed. */
  readonly others?: readonly string[];
  /** Key of the number of things that the value is of. */
  readonly count?: string;
}

/** A row of a table, by key of column. */
export type Row = Readonly<Record<string, Cell>>;

/** Rows under a heading. */
export interface TableBlock {
  readonly type: "table";
  /** Unique in the report. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** A table of a result, which stands by itself: its title tells it apart. */
export type ResultTable = Omit<TableBlock, "id" | "type">;

/** Makes a table whose cells are texts alone. */
export function textTable(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): ResultTable {
  const key = (index: number) => `c${index}`;
  return {
    title,
    columns: head.map((label, i) => ({ key: key(i), label, format: "text" })),
    rows: rows.map((cells) => Object.fromEntries(cells.map((cell, i) => [key(i), cell]))),
  };
}

/** A point of a chart. */
export interface Point {
  readonly x: number | string;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
  /** How much stands behind it, e.g. a number of nodes; the area of its dot. */
  readonly weight?: number;
}

/** Points of one colour. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

/** Kinds of chart: values with intervals, lines, stacked bars, or observed against expected shares. */
export const CHART_KINDS = ["intervals", "lines", "bars", "calibration"] as const;

/** An axis of a chart: its label, and how values are written and spaced on it. */
export interface Axis {
  readonly label: string;
  readonly format: "integer" | "number" | "percent" | "text";
  /** @default linear */
  readonly scale?: "linear" | "log";
}

/** A chart of one or more series over common axes. */
export interface ChartBlock {
  readonly type: "chart";
  /** Unique in the report. */
  readonly id: string;
  readonly title: string;
  readonly kind: typeof CHART_KINDS[number];
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

/** A paragraph of plain text; nothing in it is markup. */
export interface TextBlock {
  readonly type: "text";
  readonly text: string;
}

/** Text as it is, folded away: a specification, a list of packages. */
export interface VerbatimBlock {
  readonly type: "verbatim";
  readonly title: string;
  readonly text: string;
}

/** A node of an example tree. */
export interface TreeNode {
  readonly nodeId: number;
  readonly kind: string;
  readonly status: string;
  readonly text: string;
  readonly output: string | null;
  readonly error: string | null;
  readonly answer: string | null;
  readonly correct: boolean | null;
  readonly visits: number;
  readonly q: number | null;
  readonly ppm: number | null;
  /** Whether it lies on the path that the report opens. */
  readonly isBest: boolean;
  readonly children: readonly TreeNode[];
}

/** A search tree, as nested steps. */
export interface TreeBlock {
  readonly type: "tree";
  readonly id: string;
  readonly title: string;
  readonly problemId: string;
  readonly question: string;
  readonly reference: string;
  /** Nodes of the tree, and how many of them are shown: the most visited ones. */
  readonly nodes: number;
  readonly shown: number;
  readonly roots: readonly TreeNode[];
}

/** A part of a section. */
export type Block = TextBlock | TableBlock | ChartBlock | VerbatimBlock | TreeBlock;

/** A section. One without blocks says why in its lead. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** Says what is shown and how it is counted, or that there is nothing to show. */
  readonly lead: string;
  readonly blocks: readonly Block[];
}

/** A report before it is rendered: sections in reading order, each a list of blocks. */
export interface Report {
  readonly version: 1;
  readonly title: string;
  readonly subtitle: string;
  readonly generatedAt: Date;
  readonly sections: readonly Section[];
}

/** A section that has nothing to show. */
export function emptySection(
  { id, title, lead }: Pick<Section, "id" | "title" | "lead">,
): Section {
  return { id, title, lead, blocks: [] };
}
