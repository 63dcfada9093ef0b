/**
 * Makes the README's pictures from a run of evolve: `deno task pictures [DB]`. Without a database it makes a quick one.
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { openReadOnly } from "../../lib/store/mod.ts";
import { allRows } from "../store/_files.ts";
import { openPage, startBrowser } from "./_browser.ts";
import { serveViewer } from "./_serve.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const images = `${root}docs/images/`;
const MAX_BYTES = 300_000;

/** Part of the report that the picture shows. */
const REPORT_SECTION = "Rounds";

async function rstar(...args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "main.ts", ...args],
    cwd: root,
  }).spawn().status;
  if (!success) throw new Error(`Cannot make the pictures: rstar ${args.join(" ")} failed`);
}

/** A tree to look at: solved, but not at once, and not too large for a picture. */
async function interestingTree(db: string): Promise<{ tree: string; node: number }> {
  using reader = await openReadOnly(db);
  const [row] = await allRows(reader.query(
    `SELECT t.tree_id::VARCHAR, min(p.positive_id) FROM tree t JOIN preference_pairs p USING (tree_id)
     WHERE p.kind = 'step' AND t.n_nodes BETWEEN 40 AND 120
     GROUP BY t.tree_id, t.correct_terminals, t.wrong_terminals
     ORDER BY least(t.correct_terminals, t.wrong_terminals) DESC, t.tree_id LIMIT 1`,
  ));
  if (row === undefined) {
    throw new Error("Cannot make the pictures: no tree gave a preference pair");
  }
  return { tree: String(row[0]), node: Number(row[1]) };
}

async function save(page: Page, name: string): Promise<void> {
  const path = images + name;
  await page.screenshot({ path });
  const { size } = await Deno.stat(path);
  if (size > MAX_BYTES) {
    throw new Error(`Cannot keep ${path}: expected at most ${MAX_BYTES} bytes, got ${size}`);
  }
  console.log(`${path}: ${size} bytes`);
}

const folder = await Deno.makeTempDir({ prefix: "rstar_pictures_" });
try {
  const db = Deno.args[0] ?? `${folder}/starter.duckdb`;
  if (Deno.args[0] === undefined) await rstar("evolve", "--quick", "--db", db);
  const report = `${folder}/report.html`;
  await rstar("report", "--quiet", "--db", db, "--out", report);
  await Deno.mkdir(images, { recursive: true });
  const { tree, node } = await interestingTree(db);
  await using viewer = await serveViewer(db);
  const browser = await startBrowser();
  try {
    const { page } = await openPage(browser, viewer);
    await page.goto(`${viewer.origin}#tree=${tree}&node=${node}`);
    await page.locator(".panel h2").waitFor();
    await save(page, "tree.png");
    const printed = await openPage(browser, { address: pathToFileURL(report).href });
    await printed.page.getByRole("link", { name: REPORT_SECTION }).click();
    await save(printed.page, "report.png");
  } finally {
    await browser.close();
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
