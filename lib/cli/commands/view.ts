import { Command, InvalidArgumentError } from "commander";
import { randomBytes } from "node:crypto";
import { UsageError } from "../../core/mod.ts";
import { findExecutable, startProcess } from "../../process/mod.ts";
import { handleRequest, readAssets, ReaderLease } from "../../viewer/mod.ts";
import { databaseOption } from "../database_option.ts";
import { listenForInterrupts } from "../terminal/interrupt.ts";
import { notice, print } from "../terminal/output.ts";
import { openReader } from "../reader.ts";

/** How long the database stays open after the last question, in milliseconds: a page asks several things in a row. */
const IDLE_MS = 500;

/** Variables that a browser needs to find the screen and its settings. */
const BROWSER_VARIABLES = [
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XDG_RUNTIME_DIR",
  "XAUTHORITY",
  "HOME",
  "PATH",
];

interface ViewOptions {
  readonly db: string;
  readonly port: number;
  readonly open: boolean;
}

/** `view`: a page on this machine that shows runs, trees and steps. */
export function viewCommand(): Command {
  return new Command("view")
    .description("Look at runs and search trees in the browser; reads only")
    .addOption(databaseOption())
    .option("--port <number>", "port on 127.0.0.1; 0 is a free one", port, 0)
    .option("--no-open", "do not open the browser")
    .action(view);
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError("expected a whole number from 0 to 65535");
}

async function view({ db, port, open }: ViewOptions): Promise<void> {
  await using lease = new ReaderLease(() => openReader(db), { idleMs: IDLE_MS });
  // What cannot be opened now is said here rather than on the page.
  await lease.use(() => Promise.resolve());
  using interrupts = listenForInterrupts((count) => {
    if (count === 1) notice("Ending the viewer");
  });
  const token = randomBytes(32).toString("hex");
  const options = {
    token,
    withReader: lease.use,
    version: () => databaseVersion(db),
    assets: await readAssets(),
  };
  const server = serve(port, (request) => handleRequest(request, options));
  const address = `http://127.0.0.1:${server.addr.port}/?token=${token}`;
  print(address);
  notice("Only who has this address can see the page. Ctrl-C ends it.");
  if (open) await openBrowser(address);
  await aborted(interrupts.stopAdmitting);
  await server.shutdown();
}

/**
 * Differs when the file or its log has changed. It is read from the folder, not from the database: a page that asks all the time
 * would keep the file open, and no run could write it.
 */
async function databaseVersion(db: string): Promise<string> {
  const parts = await Promise.all([db, `${db}.wal`].map(async (path) => {
    try {
      const { mtime, size } = await Deno.stat(path);
      return `${mtime?.getTime()}.${size}`;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "absent";
      throw error;
    }
  }));
  return parts.join(" ");
}

function serve(
  port: number,
  handler: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({
      hostname: "127.0.0.1",
      port,
      onListen: () => {},
      onError: (error) => {
        notice(error instanceof Error ? error.stack ?? error.message : String(error));
        return Response.json({ error: "The viewer has failed; its terminal says how" }, {
          status: 500,
        });
      },
    }, handler);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new UsageError(
      `Cannot serve the page on port ${port}: another program uses it; give another --port, or none for a free one`,
      { cause: error },
    );
  }
}

/** Opens the page where there is a screen; a failure is no reason to end: the address is printed. */
async function openBrowser(address: string): Promise<void> {
  const env = Object.fromEntries(
    BROWSER_VARIABLES.flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const isMac = Deno.build.os === "darwin";
  if (!isMac && !env["DISPLAY"] && !env["WAYLAND_DISPLAY"]) return;
  const opener = await findExecutable(isMac ? "open" : "xdg-open", env["PATH"] ?? "");
  if (opener === null) return notice("Open the address in a browser: xdg-open is not installed");
  // It may live as long as the browser, which is not ours to end.
  const child = startProcess(opener, [address], { env });
  await child.stdin.close();
  void child.stdout.pipeTo(new WritableStream());
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
