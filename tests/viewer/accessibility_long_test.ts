/** The pages, light and dark, wide and narrow, as axe-core judges them: contrast, labels, roles, keyboard. */
import assert from "node:assert/strict";
import { accessibilityFaults } from "./_accessibility.ts";
import { openPage } from "./_browser.ts";
import { browserTest, waitForNodes, waitForText } from "./_browser_stage.ts";
import { storeTrees } from "./_stored_trees.ts";

for (const colours of ["light", "dark"] as const) {
  browserTest(`nothing bars the way into the ${colours} pages`, storeTrees, async (stage) => {
    const { page } = await openPage(stage.browser, { ...stage.viewer, colours });
    const check = async (what: string) =>
      assert.deepEqual(await accessibilityFaults(page), [], `${what}, ${colours}`);
    await waitForText(page, "main", "1 to 3 of 3 trees");
    await check("list");
    await page.fill("input[name=level]", "x");
    await waitForText(page, "[role=alert]", "Cannot answer: level");
    await check("list with a refused filter");
    await page.fill("input[name=level]", "");
    await waitForText(page, "main", "1 to 3 of 3 trees");
    await page.click("tbody tr:first-child a");
    await waitForNodes(page, 6);
    await page.locator("canvas").focus();
    await page.keyboard.press("ArrowRight");
    await waitForText(page, ".pair", "# Step 1: double");
    await check("tree with pairs");
    await page.click(".panel button:has-text('5')");
    await waitForText(page, ".panel h3", "Error in line 2");
    await check("node that failed");
    await page.setViewportSize({ width: 420, height: 800 });
    await check("narrow tree");
    await page.setViewportSize({ width: 1400, height: 900 });
    await page.selectOption("select[name=beside]", { index: 1 });
    await page.locator(".picture").nth(1).waitFor();
    await page.locator(".panel").nth(1).locator("h2").waitFor();
    await check("two trees side by side");
    await page.goto(`${stage.viewer.origin}#tree=1`);
    await waitForText(page, "[role=alert]", "This database does not hold it");
    await check("tree that is not there");
  });
}
