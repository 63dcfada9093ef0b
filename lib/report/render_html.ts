/**
 * A report as one HTML page: no script, no request, opens from disk. Its policy allows its own style sheet, by hash, and nothing else.
 * Every text passes `html`, which escapes it; the only raw parts are the style sheet and charts, whose texts were escaped already.
 */
import { html, raw } from "hono/html";
import css from "./page.css" with { type: "text" };
import { chartSvg, keySvg } from "./chart.ts";
import type {
  Block,
  ChartBlock,
  Column,
  Report,
  Row,
  Section,
  TableBlock,
  TreeBlock,
  TreeNode,
} from "./document.ts";
import { formatColumn, isNumeric, nodeLabel } from "./format.ts";

/** Result of `html`. */
type Markup = ReturnType<typeof html>;

/** Longer tables are folded. */
const OPEN_ROWS = 24;

/** Renders a report as one HTML page that loads nothing from elsewhere. */
export async function renderHtml(report: Report): Promise<string> {
  const hash = await hashOf(css);
  const policy = `default-src 'none'; style-src '${hash}'; base-uri 'none'; form-action 'none'`;
  const page = await html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${policy}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="referrer" content="no-referrer">
        <title>${report.title}</title>
        <style>${raw(css)}</style>
      </head>
      <body>
        <header>
          <h1>${report.title}</h1>
          <p class="made">${report.subtitle}. Made ${report.generatedAt.toISOString()}.</p>
          <nav aria-label="Sections">
            <ul>${report.sections.map(tocEntry)}</ul>
          </nav>
        </header>
        <main>${report.sections.map(sectionMarkup)}</main>
      </body>
    </html>
  `;
  return page.toString().trimStart();
}

function tocEntry({ id, title }: Section): Markup {
  return html`<li><a href="#${sectionId(id)}">${title}</a></li>`;
}

function sectionMarkup({ id, title, lead, blocks }: Section): Markup {
  return html`
    <section id="${sectionId(id)}" aria-labelledby="${sectionId(id)}-title">
      <h2 id="${sectionId(id)}-title">${title}</h2>
      <p class="lead">${lead}</p>
      <div class="blocks">${blocks.map(blockMarkup)}</div>
    </section>
  `;
}

/** Blocks may be named as a section is. */
function sectionId(id: string): string {
  return `section-${id}`;
}

function blockMarkup(block: Block): Markup {
  switch (block.type) {
    case "text":
      return html`<p>${block.text}</p>`;
    case "table":
      return tableMarkup(block);
    case "chart":
      return chartMarkup(block);
    case "verbatim":
      return html`
        <details>
          <summary>${block.title}</summary>
          <pre>${block.text}</pre>
        </details>
      `;
    case "tree":
      return treeMarkup(block);
  }
}

function tableMarkup({ id, title, columns, rows }: TableBlock): Markup {
  const table = html`
    <div class="scroll" tabindex="0" role="group" aria-label="${title}">
      <table id="${id}">
        <caption>${title}</caption>
        <thead>
          <tr>${columns.map(headMarkup)}</tr>
        </thead>
        <tbody>${rows.map((row) =>
          html`
            <tr>${columns.map((column) => cellMarkup(row, column))}</tr>
          `
        )}</tbody>
      </table>
    </div>
  `;
  if (rows.length <= OPEN_ROWS) return table;
  return html`<details><summary>${title}: ${rows.length} rows</summary>${table}</details>`;
}

function headMarkup(column: Column): Markup {
  return html`
    <th scope="col" ${isNumeric(column) ? raw(' class="n"') : ""}>${column.label}</th>
  `;
}

function cellMarkup(row: Row, column: Column): Markup {
  const text = formatColumn(row, column);
  if (column.format === "code") return html`<td><code>${text}</code></td>`;
  return html`<td${isNumeric(column) ? raw(' class="n"') : ""}>${text}</td>`;
}

function chartMarkup(chart: ChartBlock): Markup {
  return html`<figure id="${chart.id}"><figcaption>${chart.title}</figcaption>
${chart.series.length > 1 ? keyMarkup(chart) : ""}${raw(chartSvg(chart))}</figure>`;
}

function keyMarkup(chart: ChartBlock): Markup {
  return html`<ul class="key">${
    chart.series.map(({ name }, i) => html`<li>${raw(keySvg(chart, i))}${name}</li>`)
  }</ul>`;
}

function treeMarkup(tree: TreeBlock): Markup {
  return html`
    <article class="tree" id="${tree.id}">
    <h3>${tree.title}</h3>
    <p>${tree.question}</p>
    <p class="meta">Reference: <code>${tree.reference}</code>. ${tree.shown} of ${tree
      .nodes} nodes.</p>
    ${tree.roots.map(nodeMarkup)}
    </article>
  `;
}

function nodeMarkup(node: TreeNode): Markup {
  const inner = html`<pre>${node.text}</pre>${
    node.output === null || node.output === "" ? "" : html`<pre class="meta">${node.output}</pre>`
  }${node.error === null ? "" : html`<pre class="wrong">${node.error}</pre>`}${
    node.children.map(nodeMarkup)
  }`;
  const state = node.isBest ? raw(' class="best" open') : "";
  return html`<details${state}><summary>${nodeTitle(node)}</summary>${inner}</details>`;
}

/** A node in a line: what it is, how it ended, its values. */
function nodeTitle(node: TreeNode): Markup {
  const verdict = node.correct === null ? "" : html`
    <span class="${node.correct ? "right" : "wrong"}">${node.correct ? "right" : "wrong"}</span>
  `;
  return html`${nodeLabel(node)}${verdict}`;
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${new Uint8Array(digest).toBase64()}`;
}
