/** Asks the viewer's server without a network. */
import assert from "node:assert/strict";
import { openReadOnly, type SqlReader } from "../../lib/store/mod.ts";
import { handleRequest, type ViewerOptions } from "../../lib/viewer/mod.ts";
import { temporaryFolder } from "../store/_files.ts";
import { TOKEN } from "./_serve.ts";
import { type StoredTreesOptions, storeTrees } from "./_stored_trees.ts";

/** Cookie of the port that {@linkcode request} asks at. */
export const COOKIE = `rstar_viewer_8000=${TOKEN}`;

/** A request as a browser that knows the token sends it. */
export function request(
  path: string,
  { method = "GET", headers = {} }: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Request {
  return new Request(`http://127.0.0.1:8000${path}`, {
    method,
    headers: { host: "127.0.0.1:8000", cookie: COOKIE, ...headers },
  });
}

/** Parts of a viewer over a reader; two small files stand for the page. */
export function viewerOptions(reader: SqlReader): ViewerOptions {
  return {
    token: TOKEN,
    withReader: (work) => work(reader),
    version: () => Promise.resolve("1"),
    assets: {
      "/": { type: "text/html; charset=utf-8", body: "page" },
      "/app.js": { type: "text/javascript; charset=utf-8", body: "script" },
    },
  };
}

/** Asks a path for JSON; the status and what came. */
export type Ask = (path: string) => Promise<{ readonly status: number; readonly body: unknown }>;

/** Stores the trees of `_stored_trees.ts` and lets `work` ask about them. */
export async function withTrees(
  work: (ask: Ask) => Promise<void>,
  options: StoredTreesOptions = {},
): Promise<void> {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  await storeTrees(path, options);
  using reader = await openReadOnly(path);
  const parts = viewerOptions(reader);
  await work(async (path) => {
    const response = await handleRequest(request(path), parts);
    return { status: response.status, body: await response.json() };
  });
}

/** Asks for what must be there, in the shape that the test names. */
export async function askFor<T>(ask: Ask, path: string): Promise<T> {
  const { status, body } = await ask(path);
  assert.equal(status, 200, JSON.stringify(body));
  return body as T;
}
