import { serveViewer } from "./_serve.ts";
import { keepScreenshot, openPage, startBrowser } from "./_browser.ts";
const [db = "/tmp/v/v.duckdb", tree = "1099511664640", node = "5"] = Deno.args;
await using v = await serveViewer(db);
const browser = await startBrowser();
for (const colours of ["light", "dark"] as const) {
  const { page, errors } = await openPage(browser, { address: v.address, colours });
  await page.waitForSelector("tbody tr");
  console.log(await keepScreenshot(page, `try_list_${colours}`));
  await page.goto(`${v.origin}#tree=${tree}&node=${node}`);
  await page.waitForSelector(".panel h2", { timeout: 15000 }).catch(async () => {
    console.log(errors, await page.content());
  });
  await page.waitForTimeout(500);
  await keepScreenshot(page, `try_tree_${colours}`);
  console.log(errors);
}
await browser.close();
