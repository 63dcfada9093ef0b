/** The report in a real browser, light, dark and printed, as axe-core judges it; its policy must refuse nothing of its own. */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { renderHtml, runReport } from "../../lib/report/mod.ts";
import { openReadOnly } from "../../lib/store/mod.ts";
import { temporaryFolder } from "../store/_files.ts";
import { accessibilityFaults } from "../viewer/_accessibility.ts";
import { hasChromium, keepScreenshot, openPage, startBrowser } from "../viewer/_browser.ts";
import { GRADER, storeRun } from "./_stored_run.ts";

const isThere = await hasChromium();
const why = isThere ? "" : " (skipped: there is no /usr/bin/chromium; apt-get install chromium)";

Deno.test({
  name: `nothing bars the way into the report${why}`,
  ignore: !isThere,
  // The driver's pipes and timers outlive a test.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/a.duckdb`;
    await storeRun(path);
    using database = await openReadOnly(path);
    const now = new Date("2026-01-02T03:04:05Z");
    const file = `${folder.path}/report.html`;
    await Deno.writeTextFile(
      file,
      await renderHtml(await runReport(database, { now, grader: GRADER })),
    );
    const address = pathToFileURL(file).href;
    const browser = await startBrowser();
    try {
      for (const colours of ["light", "dark"] as const) {
        const { page, errors } = await openPage(browser, { address, colours });
        for (const width of [1400, 420]) {
          await page.setViewportSize({ width, height: 900 });
          assert.deepEqual(await accessibilityFaults(page), [], `${colours}, ${width} px`);
        }
        await page.emulateMedia({ media: "print" });
        assert.deepEqual(await accessibilityFaults(page), [], `${colours}, printed`);
        await keepScreenshot(page, `report_${colours}`);
        assert.deepEqual(errors, []);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  },
});
