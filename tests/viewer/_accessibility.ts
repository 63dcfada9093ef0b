/** Faults that axe-core finds in a page for people who cannot see it well, or who use it without a pointer. */
import axe from "axe-core";
import type { Page } from "playwright-core";

/** Rules of WCAG 2.2 up to level AA, and what axe-core recommends besides. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** A rule that is broken, and where. */
interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Every rule that the page breaks as it is shown now, with the elements that break it; empty when all is well. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  // Run by the debugger: the page's own policy lets no foreign script in.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(
    `axe.run({ runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) => violations)`,
  ) as readonly Violation[];
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`)
  );
}
