/** Debian's Chromium, driven by playwright-core. */
import { type Browser, chromium, type Page } from "playwright-core";
import { fileURLToPath } from "node:url";

const EXECUTABLE = "/usr/bin/chromium";
const SCREENSHOTS = fileURLToPath(new URL("../../.rstar/screenshots/", import.meta.url));

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Whether there is a browser on this machine. */
export async function hasChromium(): Promise<boolean> {
  try {
    return (await Deno.stat(EXECUTABLE)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Starts the browser. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS, timeout: 120_000 });
}

/** Options of {@linkcode openPage}. */
export interface PageOptions {
  readonly address: string;
  /** @default "light" */
  readonly colours?: "light" | "dark";
}

/** A page and everything in it that went wrong. */
export interface OpenedPage {
  readonly page: Page;
  /** Errors of scripts, and what the Content-Security-Policy refused. */
  readonly errors: string[];
}

/** Opens an address in a window of its own. */
export async function openPage(
  browser: Browser,
  { address, colours = "light" }: PageOptions,
): Promise<OpenedPage> {
  const page = await browser.newPage({
    viewport: { width: 1400, height: 900 },
    colorScheme: colours,
  });
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(address);
  return { page, errors };
}

/** Keeps a picture of the page for people to look at. */
export async function keepScreenshot(page: Page, name: string): Promise<string> {
  const path = `${SCREENSHOTS}${name}.png`;
  await page.screenshot({ path });
  return path;
}
