import assert from "node:assert/strict";
import { openReadOnly, openStore, type RunSummary } from "../../lib/store/mod.ts";
import {
  evaluationReport,
  renderHtml,
  renderJson,
  renderMarkdown,
  type Report,
  type Row,
  runReport,
  type TableBlock,
} from "../../lib/report/mod.ts";
import { testProblem, testRun, testTree } from "../conformance/store.ts";
import { temporaryFolder } from "../store/_files.ts";
import { parsePage, tableTexts } from "./_page.ts";
import { GRADER, PROBLEMS, storeRun } from "./_stored_run.ts";

const now = new Date("2026-01-02T03:04:05Z");

const HOSTILE = [
  `</script><script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `<svg onload=alert(1)>`,
  `</style><style>*{display:none}</style>`,
  `</pre></details></td></table><iframe src="javascript:alert(1)">`,
  `\u202e\u0000\u001b[31m`,
  `| a | b |\n|---|---|\n[x](javascript:alert(1)) \`\`\` ![y](http://z/)`,
].join("");

/** Prepares once what the tests look at. */
async function prepare() {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const hostilePath = `${folder.path}/b.duckdb`;
  await storeRun(path);
  await storeRun(hostilePath, { hostile: HOSTILE });
  const summaries = new Map<number, RunSummary>();
  {
    await using store = await openStore(path);
    for (const roundNo of [1, 2]) {
      summaries.set(roundNo, await store.summary(1, { roundNo }));
    }
  }
  using database = await openReadOnly(path);
  using hostileDatabase = await openReadOnly(hostilePath);
  return {
    summaries,
    report: await runReport(database, { now, grader: GRADER }),
    hostile: await runReport(hostileDatabase, { now, grader: GRADER }),
    two: await evaluationReport(database, { now, grader: GRADER, evalIds: [1, 4] }),
  };
}

const { report, hostile, summaries, two } = await prepare();

function table(id: string, of = report): TableBlock {
  const found = tablesOf(of).find((block) => block.id === id);
  assert.ok(found !== undefined, `no table ${id}`);
  return found;
}

function tablesOf(of: Report): readonly TableBlock[] {
  return of.sections.flatMap(({ blocks }) => blocks).filter((block) => block.type === "table");
}

function row(id: string, wanted: Row): Row {
  const found = table(id).rows.find((candidate) =>
    Object.entries(wanted).every(([key, value]) => candidate[key] === value)
  );
  assert.ok(found !== undefined, `no such row in ${id}`);
  return found;
}

Deno.test("runReport() has something to show in every section of a whole run", () => {
  for (const { title, blocks } of report.sections) assert.ok(blocks.length > 0, title);
});

Deno.test("runReport() names blocks once", () => {
  const ids = report.sections.flatMap(({ id, blocks }) => [
    `section ${id}`,
    ...blocks.flatMap((block) => "id" in block ? [block.id] : []),
  ]);
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("runReport() gives known scores", () => {
  const base = row("scores", { mode: "greedy", checkpoint: "base" });
  assert.equal(base.score, 3 / PROBLEMS);
  assert.equal(base.metric, "pass@1");
  assert.equal(base.tokens, 200);
  assert.equal(row("scores", { mode: "greedy", checkpoint: "round 2" }).score, 1);
});

Deno.test("runReport() never counts what the machinery failed as wrong, and says that it is missing", () => {
  const scores = row("scores", { mode: "mcts", checkpoint: "round 1" });
  assert.equal(scores.state, "incomplete");
  assert.equal(scores.problems, PROBLEMS - 1);
  const ends = row("outcomes", { mode: "mcts", checkpoint: "round 1" });
  assert.equal(ends.infrastructure, 1);
  assert.equal(Number(ends.right) + Number(ends.wrong), PROBLEMS - 1);
});

Deno.test("runReport() compares each round with the one before, corrected over all comparisons", () => {
  const { rows } = table("comparisons");
  assert.equal(rows.length, 6);
  const greedy = row("comparisons", { mode: "greedy", later: "round 2" });
  assert.equal(greedy.earlier, "round 1");
  assert.equal(greedy.difference, .5);
  assert.equal(greedy.won, 6);
  assert.equal(greedy.lost, 0);
  // Six changes to one side.
  assert.equal(Number(greedy.p).toFixed(5), "0.03125");
  assert.ok(Number(greedy.corrected) > Number(greedy.p));
  assert.equal(greedy.verdict, "no difference shown");
});

Deno.test("runReport() names measured problems that were searched for training, the base apart", () => {
  const rows = table("overlap").rows;
  assert.ok(rows.length > 0 && rows.every(({ checkpoint }) => checkpoint !== "base"));
  for (const { training, equal, share, without } of rows) {
    // The run of the test measures its own training problems.
    assert.deepEqual([training, equal, share, without], [PROBLEMS, PROBLEMS, 1, null]);
  }
});

Deno.test("runReport() shows both answers where rounds differ", () => {
  const changed = tablesOf(report).filter(({ id }) => id.startsWith("changed_"));
  const first = changed[0]?.rows[0];
  assert.deepEqual(
    { answer: first?.answer, before: first?.answerBefore, reference: first?.reference },
    { answer: "5", before: "wrong 0", reference: "5" },
  );
});

Deno.test("runReport() gives the table of rounds, the base first", () => {
  const { rows, columns } = table("rounds");
  assert.deepEqual(rows.map(({ round }) => round), [0, 1, 2]);
  const greedy = columns.find(({ label }) => label === "suite, greedy, pass@1");
  assert.ok(greedy !== undefined);
  assert.deepEqual(rows.map((one) => one[greedy.key]), [.25, .5, 1]);
  assert.deepEqual(rows.map(({ sft_rows }) => sft_rows), [null, 40, 80]);
  assert.deepEqual(rows.map(({ pair_accuracy }) => pair_accuracy), [null, .75, .75]);
  assert.deepEqual(rows.map((row) => row.first_pair_accuracy), [null, .5, .5]);
  // Problems count, not pairs: 4 of 8.
  assert.deepEqual(
    rows.map((row) => row.first_pair_low === null ? null : Number(row.first_pair_low).toFixed(4)),
    [null, "0.2152", "0.2152"],
  );
  assert.deepEqual(rows.map(({ false_steps }) => false_steps), [null, .25, .25]);
  assert.equal(rows[0]?.coverage, null);
});

Deno.test("runReport() shows what rounds together solved beside what each did, and what was left alone", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using store = await openStore(path);
    const { runNo } = await store.openRun(testRun());
    await store.putProblems([testProblem(1), testProblem(2), testProblem(3)]);
    const grow = (roundNo: number, problem: number, isSolved: boolean) =>
      store.writeTree({ runNo, roundNo }, testTree(`test/${problem}`, 0, isSolved));
    for (const [roundNo, leftAlone] of [0, 0, 1, 3].entries()) {
      const row = {
        policy: null,
        ppm: null,
        params: { leftAlone, undone: 2 * roundNo },
        state: "done",
      };
      await store.putRound({ runNo, roundNo, ...row });
    }
    await grow(1, 1, true);
    await grow(1, 2, false);
    await grow(2, 2, false);
    await grow(2, 3, true);
  }
  using database = await openReadOnly(path);
  const rounds = table("rounds", await runReport(database, { now, grader: GRADER }));
  const shown = rounds.rows.map(({ coverage, cumulative_coverage, left_alone }) =>
    [coverage, cumulative_coverage, left_alone] as const
  );
  assert.deepEqual(shown, [
    [null, null, 0],
    [1 / 2, 1 / 2, 0],
    [1 / 2, 2 / 3, 1],
    [null, 2 / 3, 3],
  ]);
  // Wilson's interval of 2 in 3.
  const { cumulative_low, cumulative_high } = rounds.rows[2] ?? {};
  assert.deepEqual(
    [Number(cumulative_low).toFixed(2), Number(cumulative_high).toFixed(2)],
    ["0.21", "0.94"],
  );
  assert.ok(rounds.columns.some(({ label }) => label === "easy, left alone"));
  assert.deepEqual(rounds.rows.map(({ undone }) => undone), [0, 2, 4, 6]);
  assert.ok(rounds.columns.some(({ label }) => label === "trees left out"));
  for (const none of ["left_alone", "undone"]) {
    assert.ok(!table("rounds").columns.some(({ key }) => key === none), "none were");
  }
});

Deno.test("runReport() counts trees and solved problems as the store does", () => {
  for (const [round, summary] of summaries) {
    const all = row("coverage", { round, level: "all" });
    assert.equal(all.problems, summary.problems);
    assert.equal(all.solved, summary.solved);
    const depths = table("depths").rows.filter((one) => one.round === round);
    const sum = (key: string) => depths.reduce((total, one) => total + Number(one[key]), 0);
    assert.equal(sum("right"), summary.trajectories.correct);
    assert.equal(sum("wrong"), summary.trajectories.wrong);
    const errors = table("errors").rows.filter((one) => one.round === round);
    const failed = Object.entries(summary.statuses)
      .filter(([status]) => status !== "ok" && status !== "screened_out")
      .reduce((total, [, count]) => total + count, 0);
    assert.equal(errors.reduce((total, one) => total + Number(one.candidates), 0), failed);
    assert.equal(row("cost", { round }).generated_tokens, summary.generatedTokens);
  }
});

Deno.test("runReport() draws curves of training, and nothing that was measured once", () => {
  const charts = report.sections.flatMap(({ blocks }) => blocks).flatMap((block) =>
    block.type === "chart" && block.id.startsWith("training_chart_") ? block.title : []
  );
  assert.ok(charts.length > 0 && charts.every((title) => title.includes("loss")), `${charts}`);
});

Deno.test("runReport() draws measurements over time, but for those that were 0 all along", () => {
  assert.deepEqual(table("load").rows.map(({ name }) => name), [
    "queue",
    "tokens_per_second",
    "trees.parked",
  ]);
  const charts = report.sections.flatMap(({ blocks }) => blocks).flatMap((block) =>
    block.type === "chart" && block.id.startsWith("load_chart_") ? block.title : []
  );
  assert.deepEqual(charts, ["queue", "tokens_per_second"]);
});

Deno.test("HTML, Markdown and JSON show the same numbers", async () => {
  const page = parsePage(await renderHtml(report));
  const markdown = renderMarkdown(report);
  const json = JSON.parse(renderJson(report));
  const unescape = (text: string) =>
    text.replaceAll(/\\(.)/g, "$1").replaceAll("&lt;", "<").replaceAll("&gt;", ">")
      .replaceAll("&amp;", "&");
  const markdownRows = new Set(
    markdown.split("\n").filter((line) => line.startsWith("| ")).map(unescape),
  );
  let cells = 0;
  for (const block of tablesOf(report)) {
    const inJson = json.sections.flatMap(({ tables }: { tables: TableBlock[] }) => tables)
      .find(({ id }: TableBlock) => id === block.id);
    assert.deepEqual(inJson, JSON.parse(JSON.stringify(block)));
    for (const line of tableTexts(page, block.id)) {
      const text = `| ${line.map((cell) => cell.replaceAll(/\s+/g, " ").trim()).join(" | ")} |`;
      assert.ok(markdownRows.has(text), `${block.id}: ${text}`);
      cells += line.length;
    }
  }
  assert.ok(cells > 1000, String(cells));
});

Deno.test("the page opens from disk: no script, no request, its own style sheet alone", async () => {
  const html = await renderHtml(report);
  const page = parsePage(html);
  const policy = page.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "";
  const style = page.querySelector("style")?.textContent ?? "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  const hash = new Uint8Array(digest).toBase64();
  assert.equal(
    policy,
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
  );
  assert.equal([...page.querySelectorAll("style")].length, 1);
  assert.equal([...page.querySelectorAll("script, link, img, iframe, object, form")].length, 0);
  for (const element of page.querySelectorAll("*")) {
    for (const name of element.getAttributeNames()) {
      assert.ok(!/^(on|src|style$|xlink)/.test(name), `${element.tagName} ${name}`);
      if (name === "href") assert.match(element.getAttribute("href") ?? "", /^#[a-z-]+$/);
    }
  }
});

Deno.test("the page gives a name once, and leads to every section", async () => {
  const page = parsePage(await renderHtml(report));
  const ids = [...page.querySelectorAll("[id]")].map((element) => element.getAttribute("id"));
  assert.deepEqual(ids.filter((id, i) => ids.indexOf(id) !== i), []);
  const links = [...page.querySelectorAll("a[href^='#']")].map((a) => a.getAttribute("href"));
  assert.equal(links.length, report.sections.length);
  for (const link of links) assert.ok(page.querySelector(`section${link}`) !== null, String(link));
});

Deno.test("the page draws every chart with a name", async () => {
  const page = parsePage(await renderHtml(report));
  const charts = report.sections.flatMap(({ blocks }) => blocks)
    .filter(({ type }) => type === "chart");
  const drawn = [...page.querySelectorAll("figure svg[role=img]")];
  assert.equal(drawn.length, charts.length);
  for (const svg of drawn) {
    assert.ok(svg.getAttribute("aria-label"));
    assert.doesNotMatch(String(svg), /NaN|undefined|Infinity/);
  }
});

Deno.test("hostile text is text: in steps, outputs, errors, answers, questions, names", async () => {
  const html = await renderHtml(hostile);
  const page = parsePage(html);
  assert.equal([...page.querySelectorAll("script, img, iframe, link, object")].length, 0);
  assert.equal([...page.querySelectorAll("style")].length, 1);
  for (const element of page.querySelectorAll("*")) {
    for (const name of element.getAttributeNames()) assert.doesNotMatch(name, /^on|^src$|^style$/);
  }
  assert.ok(page.textContent.includes("<script>alert(1)</script>"), "it is shown as it is");
  assert.doesNotMatch(html, /[\p{Cf}]|(?!\n|\t)\p{Cc}/u);
  const plain = parsePage(await renderHtml(report));
  for (const { id } of tablesOf(report)) {
    assert.equal(tableTexts(page, id).length, tableTexts(plain, id).length, id);
  }
});

Deno.test("hostile text is no Markdown either", () => {
  const markdown = renderMarkdown(hostile);
  const fences = /^(`{3,})[a-z]*\n[^]*?\n\1$/gm;
  const outside = markdown.replaceAll(fences, "");
  assert.doesNotMatch(outside, /<[a-z/]/i);
  assert.doesNotMatch(outside, /(^|[^\\])\[x|(^|[^\\])!\\?\[/);
  const columns = (line: string) => line.split(/(?<!\\)\|/).length;
  const lines = outside.split("\n");
  for (const [i, line] of lines.entries()) {
    if (/^\| -{3}/.test(line)) {
      for (let j = i + 1; lines[j]?.startsWith("|"); j++) {
        assert.equal(columns(lines[j] as string), columns(line), lines[j]);
      }
    }
  }
});

Deno.test("runReport() of an empty database says so", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  await (await openStore(path))[Symbol.asyncDispose]();
  using database = await openReadOnly(path);
  const empty = await runReport(database, { now });
  assert.deepEqual(empty.sections.map(({ lead, blocks }) => [lead, blocks.length]), [
    ["The database holds no run.", 0],
    ["Nothing was evaluated.", 0],
    ["There is no evaluation.", 0],
  ]);
  assert.ok(parsePage(await renderHtml(empty)).textContent.includes("The database holds no run."));
  assert.ok(renderMarkdown(empty).includes("The database holds no run."));
});

Deno.test("runReport() of a run without trees leaves sections out with a sentence", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using store = await openStore(path);
    await store.openRun(testRun());
  }
  using database = await openReadOnly(path);
  const { sections } = await runReport(database, { now });
  const full = sections.filter(({ blocks }) => blocks.length > 0).map(({ id }) => id);
  assert.deepEqual(full, ["provenance"]);
  for (const { lead } of sections) assert.match(lead, /\.$/);
});

Deno.test("runReport() refuses a run that is not there and names those that are", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using store = await openStore(path);
    await store.openRun(testRun());
  }
  using database = await openReadOnly(path);
  await assert.rejects(() => runReport(database, { now, run: "x" }), {
    name: "UsageError",
    message: 'Cannot report run "x": there is none of this name; stored: r',
  });
});

Deno.test("evaluationReport() shows the evaluations that are asked for", () => {
  assert.deepEqual(
    table("scores", two).rows.map(({ mode, checkpoint }) => [mode, checkpoint]),
    [["greedy", "base"], ["greedy", "round 1"]],
  );
  assert.equal(table("comparisons", two).rows.length, 1);
});

Deno.test("example trees are closed under parents and open the best path", () => {
  const trees = report.sections.flatMap(({ blocks }) => blocks)
    .filter((block) => block.type === "tree");
  assert.ok(trees.length >= 2);
  for (const { roots, shown } of trees) {
    const count = (nodes: typeof roots): number =>
      nodes.reduce((sum, node) => sum + 1 + count(node.children), 0);
    assert.equal(count(roots), shown);
    let open = roots.filter(({ isBest }) => isBest);
    let last = open[0];
    while (open.length > 0) {
      assert.equal(open.length, 1);
      last = open[0];
      open = last?.children.filter(({ isBest }) => isBest) ?? [];
    }
    assert.equal(last?.kind, "answer");
    assert.equal(last?.correct, true);
  }
});
