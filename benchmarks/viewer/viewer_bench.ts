/**
 * Times of the viewer on a database of a million nodes and on one of a million problems, and frames a second of a tree of 5,000 nodes
 * that is panned, as Markdown on standard output. The part that needs a browser is left out where there is none.
 *
 *     deno run -A benchmarks/viewer/viewer_bench.ts [NODES]
 */
import type { Browser, Page } from "playwright-core";
import { openStore } from "../../lib/store/mod.ts";
import type { TreePage } from "../../lib/viewer/mod.ts";
import { testProblem, testRun } from "../../tests/conformance/store.ts";
import { handTree } from "../../tests/store/_hand_tree.ts";
import { hasChromium, openPage, startBrowser } from "../../tests/viewer/_browser.ts";
import { type ServedViewer, serveViewer, TOKEN } from "../../tests/viewer/_serve.ts";
import { generateStore } from "../store/generate.ts";
import { generateManyTrees } from "./_many_trees.ts";

const REPEATS = 5;

/** How long `deno task view` keeps the database open after the last question, in milliseconds. */
const IDLE_MS = 500;
const PROBLEMS = 1_000_000;
const PAN_NODES = 5_000;
const PAN_MOVES = 200;

const wanted = Number(Deno.args[0] ?? 1_000_000);
const folder = await Deno.makeTempDir({ prefix: "rstar_viewer_bench_" });
try {
  const path = `${folder}/a.duckdb`;
  const nodes = await generateStore(path, wanted);
  const rows = await requestTimes(path);
  const many = `${folder}/many.duckdb`;
  await generateManyTrees(many, PROBLEMS);
  rows.push(...await listTimes(many, "a million problems: "));
  if (await hasChromium()) {
    const browser = await startBrowser();
    try {
      rows.push(...await pageTimes(browser, path), await panRate(browser, `${folder}/b.duckdb`));
    } finally {
      await browser.close();
    }
  }
  const load = Deno.loadavg()[0]?.toFixed(1);
  console.log(`Viewer of ${nodes.toLocaleString("en-US")} nodes, load ${load}\n`);
  console.log(`| what | median of ${REPEATS} |\n|---|---|\n${rows.join("\n")}`);
} finally {
  await Deno.remove(folder, { recursive: true });
}

function row(what: string, value: string): string {
  return `| ${what} | ${value} |`;
}

/** Median of the milliseconds that something takes; what comes before it is not counted. */
async function medianMs(
  work: () => Promise<unknown>,
  before: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    await before();
    const begin = performance.now();
    await work();
    times.push(performance.now() - begin);
  }
  return `${times.toSorted((a, b) => a - b)[Math.floor(REPEATS / 2)]?.toFixed(0)} ms`;
}

async function ask(viewer: ServedViewer, path: string): Promise<unknown> {
  const { port } = new URL(viewer.origin);
  const headers = { cookie: `rstar_viewer_${port}=${TOKEN}` };
  const response = await fetch(viewer.origin + path, { headers });
  if (!response.ok) throw new Error(`Cannot measure ${path}: ${await response.text()}`);
  return await response.json();
}

type Paths = Readonly<Record<string, string>>;

/** Times of requests, each with the opening of the database when it was idle before. */
async function times(viewer: ServedViewer, paths: Paths, prefix = ""): Promise<string[]> {
  const rows: string[] = [];
  for (const [what, path] of Object.entries(paths)) {
    rows.push(row(prefix + what, await medianMs(() => ask(viewer, path))));
  }
  return rows;
}

/** Requests of the list of trees. */
async function listTimes(db: string, prefix = ""): Promise<string[]> {
  await using viewer = await serveViewer(db);
  const last = await ask(viewer, "api/trees?descending=1") as TreePage;
  return await times(viewer, {
    "first page of the list": "api/trees",
    "last page of the list": `api/trees?after=${last.rows.at(-1)?.tree}`,
    "list ordered by Q": "api/trees?sort=q&descending=1",
    "list filtered by text": "api/trees?text=17",
    "list filtered by error": "api/trees?error=ValueError",
    "runs": "api/runs",
    "kinds of errors": "api/errors",
  }, prefix);
}

/** Requests of the page. */
async function requestTimes(db: string): Promise<string[]> {
  const lists = await listTimes(db);
  await using viewer = await serveViewer(db);
  const { rows: [tree] } = await ask(viewer, "api/trees") as TreePage;
  const own = await times(viewer, {
    "one tree": `api/tree?tree=${tree?.tree}`,
    "one node with its siblings and pairs": `api/node?tree=${tree?.tree}&node=9`,
  });
  return [...lists, ...own];
}

/** From the address to something that can be used, in a browser whose page was empty before, of a database that was closed. */
async function pageTimes(browser: Browser, db: string): Promise<string[]> {
  await using viewer = await serveViewer(db, { idleMs: IDLE_MS });
  const { page } = await openPage(browser, viewer);
  const listed = async () => {
    await page.goto(viewer.origin);
    await page.locator("tbody tr").first().waitFor();
  };
  const leave = async () => {
    await page.goto("about:blank");
    await new Promise((resolve) => setTimeout(resolve, 2 * IDLE_MS));
  };
  const list = await medianMs(listed, leave);
  await listed();
  const first = page.locator("tbody tr:first-child a");
  const address = viewer.origin + await first.getAttribute("href");
  const opened = async () => {
    await page.goto(address);
    await page.locator("canvas").waitFor();
    await page.locator(".panel h2").waitFor();
  };
  const tree = await medianMs(opened, leave);
  await page.close();
  return [row("page: list usable", list), row("page: tree and node usable", tree)];
}

/** Frames a second while a large tree is dragged about. */
async function panRate(browser: Browser, db: string): Promise<string> {
  {
    await using store = await openStore(db);
    await store.putProblems([testProblem(1)]);
    const { runNo } = await store.openRun(testRun());
    const nodes = Array.from(
      { length: PAN_NODES - 1 },
      (_, i) => ({ parent: Math.floor(i / 8), qValue: Math.sin(i) }),
    );
    await store.writeTree({ runNo, roundNo: 0 }, handTree(nodes));
  }
  await using viewer = await serveViewer(db);
  const { page } = await openPage(browser, viewer);
  await page.locator("tbody tr:first-child a").click();
  await page.locator(`canvas[data-shown="${PAN_NODES}"]`).waitFor();
  const rate = await framesPerSecond(page);
  await page.close();
  return row(
    `page: tree of ${PAN_NODES} nodes, all in view, panned`,
    `${rate.toFixed(0)} frames/s`,
  );
}

async function framesPerSecond(page: Page): Promise<number> {
  const box = await page.locator("canvas").boundingBox();
  if (box === null) throw new Error("Cannot measure: the tree is not shown");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.evaluate(
    "globalThis.frames = 0; (function next() { frames++; requestAnimationFrame(next) })()",
  );
  const begin = performance.now();
  for (let i = 0; i < PAN_MOVES; i++) await page.mouse.move(x + 50 * Math.sin(i / 9), y + i % 60);
  const frames = Number(await page.evaluate("frames"));
  const seconds = (performance.now() - begin) / 1000;
  await page.mouse.up();
  return frames / seconds;
}
