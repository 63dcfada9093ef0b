import assert from "node:assert/strict";
import { type ChartBlock, renderHtml, renderMarkdown, type Report } from "../../lib/report/mod.ts";
import { formatCell, formatColumn } from "../../lib/report/format.ts";
import { chartSvg, keySvg } from "../../lib/report/chart.ts";
import { clip } from "../../lib/report/_text.ts";
import { parsePage } from "./_page.ts";

Deno.test("formatCell() writes numbers as people read them, and a dash for what was not measured", () => {
  assert.deepEqual(
    ([
      [null, "percent"],
      [0.4567, "percent"],
      [1234567.4, "integer"],
      [0.031256, "p"],
      [0.00001, "p"],
      [0.123456, "number"],
      [123456.7, "number"],
      [0.00001234, "number"],
      [-0.25, "points"],
      [0.005, "points"],
      [true, "yes"],
      ["x", "percent"],
    ] as const).map(([value, format]) => formatCell(value, format)),
    [
      "–",
      "45.7 %",
      "1,234,567",
      ".031",
      "< .001",
      "0.123",
      "123,457",
      "1.2e-5",
      "-25.0",
      "+0.5",
      "yes",
      "x",
    ],
  );
});

Deno.test("formatColumn() writes an interval beside its value, and none where it has none", () => {
  const column = { key: "a", label: "", format: "percent", interval: ["l", "h"] } as const;
  assert.equal(formatColumn({ a: .5, l: .4, h: .6 }, column), "50.0 % (40.0 to 60.0)");
  assert.equal(formatColumn({ a: .5, l: null, h: null }, column), "50.0 %");
  assert.equal(formatColumn({}, column), "–");
  const whole = { ...column, error: "e", count: "n" } as const;
  assert.equal(
    formatColumn({ a: .5, e: .02, l: .4, h: .6, n: 1200 }, whole),
    "50.0 % ± 2.0 (40.0 to 60.0) (1,200)",
  );
  const bySeed = { key: "a", label: "", format: "short", others: ["s0", "s1"] } as const;
  assert.equal(formatColumn({ a: 3500, s0: 4000, s1: null }, bySeed), "3.50k (4.00k –)");
  assert.equal(formatColumn({ s0: 4000 }, bySeed), "–");
});

Deno.test("clip() cuts long text, spares pairs of surrogates and replaces invisible characters", () => {
  assert.equal(clip("a\u202eb\u0000c\n\td"), "a\ufffdb\ufffdc\n\td");
  assert.equal(clip("x".repeat(500)).length, 401);
  assert.equal(clip(`abc${"\u{1f600}".repeat(3)}`, 4), "abc…");
  assert.equal(clip(`abc${"\u{1f600}".repeat(3)}`, 5), "abc\u{1f600}…");
});

function chart(changes: Partial<ChartBlock>): ChartBlock {
  return {
    type: "chart",
    id: "c",
    title: "A title",
    kind: "lines",
    x: { label: "x", format: "number" },
    y: { label: "y", format: "percent" },
    series: [
      { name: "one", points: [{ x: 1, y: .2, low: .1, high: .3 }, { x: 2, y: .4 }] },
      { name: "two", points: [{ x: 1, y: .5, weight: 10 }] },
    ],
    ...changes,
  };
}

Deno.test("chartSvg() draws every kind without a number that is none", () => {
  const text = { label: "x", format: "text" } as const;
  const charts = [
    chart({}),
    chart({ x: { label: "x", format: "integer", scale: "log" } }),
    chart({ kind: "bars" }),
    chart({ kind: "calibration", x: { label: "x", format: "percent" } }),
    chart({
      kind: "intervals",
      x: text,
      series: [{ name: "a", points: [{ x: "base", y: .5, low: .4, high: .6 }] }],
    }),
    chart({ series: [{ name: "none", points: [] }] }),
  ];
  for (const one of charts) {
    const svg = chartSvg(one);
    assert.match(svg, /^<svg /);
    assert.doesNotMatch(svg, /NaN|undefined|<style| style=/, one.kind);
    assert.deepEqual(
      svg.match(/aria-label="[^"]*"/g),
      ['aria-label="A title"'],
      "no part is named",
    );
  }
});

Deno.test("chartSvg() puts a share where it belongs", () => {
  const svg = chartSvg(chart({
    kind: "calibration",
    x: { label: "x", format: "percent" },
    series: [{ name: "a", points: [{ x: .5, y: .5, weight: 1 }] }],
  }));
  const page = parsePage(`<html><body>${svg}</body></html>`);
  const dot = page.querySelector("g[fill='#0072b2'] circle, g[fill='#0072b2'] path");
  assert.ok(dot !== null);
  const [x, y] = dot.getAttribute("cx") === null
    ? (dot.getAttribute("transform")?.match(/[\d.]+/g) ?? []).map(Number)
    : [Number(dot.getAttribute("cx")), Number(dot.getAttribute("cy"))];
  // Half way along both axes.
  assert.ok(Math.abs(Number(x) - (56 + 680 - 24) / 2) < 1, String(x));
  assert.ok(Number(y) > 100 && Number(y) < 180, String(y));
});

Deno.test("no two series of a chart have one mark in its key", () => {
  for (const kind of ["lines", "intervals", "calibration"] as const) {
    const keys = Array.from({ length: 12 }, (_, i) => keySvg(chart({ kind }), i));
    assert.equal(new Set(keys).size, keys.length);
    for (const key of keys) {
      assert.match(key, /^<svg [^>]*aria-hidden="true"/);
      assert.doesNotMatch(key, /NaN|undefined|aria-label|<style| style=/);
    }
  }
});

const base: Report = {
  version: 1,
  title: "t",
  subtitle: "s",
  generatedAt: new Date(0),
  sections: [],
};

Deno.test("long tables are folded, short ones are open", async () => {
  const rows = (count: number) => Array.from({ length: count }, (_, a) => ({ a }));
  const columns = [{ key: "a", label: "a", format: "integer" }] as const;
  const blocks = [30, 3].map((count) => ({
    type: "table" as const,
    id: `t${count}`,
    title: "T",
    columns,
    rows: rows(count),
  }));
  const html = await renderHtml({
    ...base,
    sections: [{ id: "s", title: "S", lead: "L", blocks }],
  });
  const folded = [...parsePage(html).querySelectorAll("details table")];
  assert.deepEqual(folded.map((table) => table.getAttribute("id")), ["t30"]);
});

Deno.test("Markdown fences code with more backticks than occur in it", () => {
  const text = "a\n````\nb";
  const markdown = renderMarkdown({
    ...base,
    sections: [{
      id: "s",
      title: "S",
      lead: "L",
      blocks: [{ type: "verbatim", title: "V", text }],
    }],
  });
  assert.ok(markdown.includes("`````json\na\n````\nb\n`````"), markdown);
});
