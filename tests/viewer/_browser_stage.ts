/** Stage on which tests of the page in a real browser begin. */
import type { Browser, Page } from "playwright-core";
import { temporaryFolder } from "../store/_files.ts";
import { hasChromium, startBrowser } from "./_browser.ts";
import { type ServedViewer, serveViewer } from "./_serve.ts";

const isThere = await hasChromium();
const why = isThere ? "" : " (skipped: there is no /usr/bin/chromium; apt-get install chromium)";

/** A browser and a viewer that serves a database. */
export interface Stage {
  readonly browser: Browser;
  readonly viewer: ServedViewer;
  readonly db: string;
}

/** A test of the page over a database that `fill` makes. The driver's pipes and timers outlive a test. */
export function browserTest(
  name: string,
  fill: (db: string) => Promise<void>,
  test: (stage: Stage) => Promise<void>,
): void {
  Deno.test({
    name: name + why,
    ignore: !isThere,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using folder = await temporaryFolder();
      const db = `${folder.path}/a.duckdb`;
      await fill(db);
      await using viewer = await serveViewer(db);
      const browser = await startBrowser();
      try {
        await test({ browser, viewer, db });
      } finally {
        await browser.close();
      }
    },
  });
}

/** Waits until a part of the page reads so. */
export async function waitForText(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(selector, { hasText: text }).first().waitFor();
}

/** Waits until the tree shows so many nodes. */
export async function waitForNodes(page: Page, count: number): Promise<void> {
  await page.locator(`canvas[data-shown="${count}"]`).first().waitFor();
}
