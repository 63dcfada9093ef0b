/** The page in a real browser: what a user does, and what a hostile text must not do. */
import assert from "node:assert/strict";
import { openStore } from "../../lib/store/mod.ts";
import { testProblem, testRun, testTree } from "../conformance/store.ts";
import { handTree } from "../store/_hand_tree.ts";
import { keepScreenshot, openPage } from "./_browser.ts";
import { browserTest, waitForNodes, waitForText } from "./_browser_stage.ts";
import { serveStore, untilFree } from "./_live.ts";
import { storeTrees } from "./_stored_trees.ts";

browserTest("list: filter, order, keyboard, and back from a tree", storeTrees, async (stage) => {
  const { page, errors } = await openPage(stage.browser, stage.viewer);
  await waitForText(page, "main", "1 to 3 of 3 trees");
  assert.equal(new URL(page.url()).search, "", "the token has left the address");
  await keepScreenshot(page, "list");
  await page.selectOption("select[name=solved]", "no");
  await waitForText(page, "main", "1 to 1 of 1 trees");
  await page.selectOption("select[name=solved]", "");
  await page.selectOption("select[name=error]", "NameError");
  await waitForText(page, "main", "of 3 trees");
  await page.fill("input[name=text]", "question 2");
  await waitForText(page, "main", "of 1 trees");
  assert.ok(page.url().includes("text=question+2"), page.url());
  await page.fill("input[name=level]", "x");
  await waitForText(page, "[role=alert]", "Cannot answer: level");
  await page.fill("input[name=level]", "");
  await page.fill("input[name=text]", "");
  await waitForText(page, "main", "of 3 trees");
  await page.click("th button:has-text('level')");
  await page.locator("th[aria-sort=ascending]:has-text('level')").waitFor();
  await page.click("th button:has-text('level')");
  await waitForText(page, "tbody tr:first-child", "test/2");
  await page.focus("tbody tr:first-child a");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await waitForText(page, "summary", "test/1");
  await page.goBack();
  await waitForText(page, "tbody tr:first-child", "test/2");
  assert.deepEqual(
    errors.splice(0).filter((one) => !one.includes("400")),
    [],
    "but for the refused filter",
  );
});

browserTest(
  "list: a page at a time, forward and back, by a link too",
  async (db) => {
    await using store = await openStore(db);
    const problems = Array.from({ length: 53 }, (_, i) => testProblem(i + 1));
    await store.putProblems(problems);
    const { runNo } = await store.openRun(testRun());
    await Promise.all(
      problems.map(({ id }) => store.writeTree({ runNo, roundNo: 0 }, testTree(id, 0))),
    );
  },
  async ({ browser, viewer }) => {
    const { page, errors } = await openPage(browser, viewer);
    await waitForText(page, "main", "1 to 50 of 53 trees");
    assert.ok(await page.isDisabled("button:has-text('Previous')"));
    await page.click("button:has-text('Next')");
    await waitForText(page, "main", "51 to 53 of 53 trees");
    assert.ok(await page.isDisabled("button:has-text('Next')"));
    await page.reload();
    await waitForText(page, "tbody tr:last-child", "test/53");
    await page.click("button:has-text('Previous')");
    await waitForText(page, "main", "1 to 50 of 53 trees");
    await page.click("button:has-text('Next')");
    await page.fill("input[name=text]", "test/5");
    await waitForText(page, "main", "1 to 5 of 5 trees");
    assert.deepEqual(errors, []);
  },
);

browserTest("tree: choose, fold, siblings, pairs, deep link", storeTrees, async (stage) => {
  const { page, errors } = await openPage(stage.browser, stage.viewer);
  await page.click("tbody tr:first-child a");
  await waitForNodes(page, 6);
  await page.focus("canvas");
  await page.keyboard.press("ArrowRight");
  await waitForText(page, "h2", "Node 1: Step 1: add");
  await page.keyboard.press("Enter");
  await waitForNodes(page, 5);
  await page.keyboard.press("Enter");
  await waitForNodes(page, 6);
  await page.keyboard.press("ArrowDown");
  await waitForText(page, "h2", "Node 2: Step 1: double");
  await waitForText(page, ".panel", "1 before 2, margin 1.00");
  await waitForText(page, ".pair", "# Step 1: double");
  await waitForText(page, ".pair .tok-comment", "# Step 1: double");
  await page.click(".panel button:has-text('5')");
  await waitForText(page, ".panel dl", "prior");
  await waitForText(page, ".panel h3", "Error in line 2");
  await waitForText(page, ".panel pre.bad", "NameError: no x");
  await waitForText(page, ".panel", "printed");
  await keepScreenshot(page, "tree");
  assert.ok(page.url().endsWith("&node=5"), page.url());
  await page.reload();
  await waitForText(page, "h2", "Node 5");
  assert.deepEqual(errors, []);
});

browserTest("tree: save as SVG, PNG and JSON", storeTrees, async (stage) => {
  const { page, errors } = await openPage(stage.browser, stage.viewer);
  await page.click("tbody tr:first-child a");
  await waitForNodes(page, 6);
  const save = async (name: string) => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.click(`button:has-text('${name}')`),
    ]);
    return await Deno.readFile(await download.path());
  };
  const text = async (name: string) => new TextDecoder().decode(await save(name));
  const svg = await text("SVG");
  assert.ok(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"'));
  assert.equal(svg.match(/<g /g)?.length, 6);
  const { problem, nodes } = JSON.parse(await text("JSON"));
  assert.deepEqual([problem, nodes.length, nodes[1].code], ["test/1", 6, "# Step 1: add\nx = 1"]);
  const png = await save("PNG");
  assert.deepEqual([...png.slice(1, 4)], [..."PNG"].map((letter) => letter.charCodeAt(0)));
  assert.deepEqual(errors, []);
});

browserTest("two rounds of one problem stand side by side", storeTrees, async (stage) => {
  const { page, errors } = await openPage(stage.browser, { ...stage.viewer, colours: "dark" });
  await page.click("tbody tr:first-child a");
  await waitForNodes(page, 6);
  await page.selectOption("select[name=beside]", { label: "r round 2 seed 0" });
  await page.locator(".picture").nth(1).waitFor();
  await page.locator("canvas").nth(1).focus();
  await page.keyboard.press("ArrowRight");
  await page.locator(".panel").nth(1).locator("h2", { hasText: "Node 1" }).waitFor();
  assert.equal(await page.locator(".panel h2").first().textContent(), "Node 0");
  assert.ok(page.url().endsWith("&besideNode=1"), page.url());
  await keepScreenshot(page, "compare_dark");
  await page.selectOption("select[name=beside]", "");
  await page.locator(".picture").nth(1).waitFor({ state: "detached" });
  assert.deepEqual(errors, []);
});

const HOSTILE = `"'><img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>` +
  "<svg onload=alert(1)>&lt;b&gt;${globalThis.hacked=1}javascript:alert(1)";

browserTest(
  "texts that try to become markup stay texts",
  (db) => storeTrees(db, { hostile: HOSTILE }),
  async ({ browser, viewer }) => {
    const { page, errors } = await openPage(browser, viewer);
    await waitForText(page, "td.question", HOSTILE.slice(0, 100));
    await waitForText(page, "td.run", HOSTILE);
    await page.click("tbody tr:first-child a");
    await waitForNodes(page, 6);
    await waitForText(page, ".question", HOSTILE);
    await waitForText(page, ".picture .title", HOSTILE);
    await page.selectOption("select[name=beside]", { index: 1 });
    await page.locator(".picture").nth(1).waitFor();
    for (const node of [1, 3, 5]) {
      await page.goto(`${page.url().replace(/&(node|besideNode)=\d+/g, "")}&node=${node}`);
      await waitForText(page, ".panel h2", `Node ${node}`);
      await waitForText(page, ".panel", HOSTILE.slice(0, 40));
    }
    await keepScreenshot(page, "injection");
    await page.goto(
      `${viewer.origin}#${new URLSearchParams({
        run: HOSTILE,
        text: HOSTILE,
        [HOSTILE]: HOSTILE,
      })}`,
    );
    await waitForText(page, "[role=alert]", "Unrecognized key");
    const markup = "#app img, #app script, #app b, [onload], [onerror]";
    assert.equal(await page.locator(markup).count(), 0);
    assert.equal(await page.evaluate("'hacked' in globalThis"), false);
    assert.deepEqual(errors.filter((one) => !one.includes("400")), []);
  },
);

browserTest(
  "an empty database, then its first tree; then the viewer ends",
  async (db) => {
    await using store = await openStore(db);
    await store.putProblems([testProblem(1)]);
  },
  async ({ browser, viewer, db }) => {
    const { page } = await openPage(browser, viewer);
    await waitForText(page, "main", "No tree matches");
    await Deno.remove(db);
    await storeTrees(db);
    viewer.change();
    await waitForText(page, "header", "3 trees in 1 run");
    await waitForText(page, "main", "1 to 3 of 3 trees");
    await page.context().setOffline(true);
    await waitForText(page, "[role=alert]", "The viewer has ended; start deno task view again");
    await page.context().setOffline(false);
    await page.locator("[role=alert]").waitFor({ state: "detached" });
  },
);

browserTest("the page follows a run that is writing, to its end", storeTrees, async (stage) => {
  const { browser, viewer, db } = stage;
  const { page, errors } = await openPage(browser, viewer);
  await waitForText(page, "main", "1 to 3 of 3 trees");
  {
    await using store = await untilFree(() => openStore(db));
    await using _control = await serveStore(db, store);
    const { runNo } = await store.openRun(testRun());
    await store.putProblems([testProblem(9)]);
    await store.writeTree({ runNo, roundNo: 3 }, testTree("test/9", 0));
    viewer.change();
    await waitForText(page, "main", "1 to 4 of 4 trees");
    await page.click("tbody tr:last-child a");
    await waitForNodes(page, 5);
    await keepScreenshot(page, "live");
  }
  // The run has ended; the page reads the file itself now.
  viewer.change();
  await page.goBack();
  await waitForText(page, "main", "1 to 4 of 4 trees");
  await page.selectOption("select[name=round]", "3");
  await waitForText(page, "main", "1 to 1 of 1 trees");
  assert.deepEqual(errors.filter((one) => !one.includes("503")), []);
});

const MANY = 10_000;

browserTest(
  "a tree of ten thousand nodes and a step of a megabyte",
  async (db) => {
    await using store = await openStore(db);
    await store.putProblems([testProblem(1)]);
    const { runNo } = await store.openRun(testRun());
    const nodes = Array.from({ length: MANY }, (_, i) => ({ parent: Math.floor(i / 8) }));
    const big = { parent: 0, code: `x = "${"y".repeat(1_000_000)}"`, text: "z".repeat(1_000_000) };
    await store.writeTree({ runNo, roundNo: 0 }, handTree([big, ...nodes]));
  },
  async ({ browser, viewer }) => {
    const { page, errors } = await openPage(browser, viewer);
    await page.click("tbody tr:first-child a");
    await waitForNodes(page, MANY + 2);
    await page.focus("canvas");
    await page.keyboard.press("ArrowRight");
    await waitForText(page, "h2", "Node 1");
    await keepScreenshot(page, "ten_thousand_nodes");
    const length = async () => (await page.locator(".panel pre").first().textContent())?.length;
    assert.equal(await length(), 20_000);
    await page.click("button:has-text('Show all of it')");
    await page.locator("button:has-text('Show all of it')").waitFor({ state: "detached" });
    assert.equal(await length(), 1_000_006);
    assert.deepEqual(errors, []);
  },
);
