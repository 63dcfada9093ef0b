import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { InfrastructureError, UsageError } from "../core/mod.ts";
import type { SqlReader } from "../store/mod.ts";
import type { ErrorReply, VersionReply } from "./api.ts";
import { listErrors, listRuns, listTrees } from "./list_trees.ts";
import { readNode, readNodes } from "./read_node.ts";
import { readTreeColumns } from "./read_tree.ts";
import { TreeFilter } from "./tree_filter.ts";
import { TreeId } from "./tree_id.ts";

/** A file of the page. */
export interface Asset {
  /** Its media type. */
  readonly type: string;
  readonly body: string;
}

/** Options of the viewer's server. */
export interface ViewerOptions {
  /** Secret that every request must know. */
  readonly token: string;
  /** Does something with the database; opens and closes it as is needed. */
  readonly withReader: <T>(work: (reader: SqlReader) => Promise<T>) => Promise<T>;
  /** Changes whenever the database may have changed. Asked every other second: it does not open the database. */
  readonly version: () => Promise<string>;
  /** Files by path: `/`, `/app.js`, `/app.css`. */
  readonly assets: Readonly<Record<string, Asset>>;
}

/** Name of the cookie that holds the token after the first request: one a port, which browsers do not tell apart by themselves. */
function cookieName(url: URL): string {
  return `rstar_viewer_${url.port}`;
}

/** Names by which a browser on this machine may call us: another name means that a page elsewhere points at us. */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;

/**
 * Answers one request. Reading is all there is: no route changes anything.
 *
 * The token comes in the URL once, moves into a cookie that scripts cannot read, and the URL is replaced.
 */
export async function handleRequest(request: Request, options: ViewerOptions): Promise<Response> {
  const url = new URL(request.url);
  if (!LOOPBACK.test(request.headers.get("host") ?? "")) return refuse(403, "Wrong host name");
  if (request.method !== "GET") return refuse(405, "Only GET is answered here");
  const given = url.searchParams.get("token");
  if (given !== null && url.pathname === "/") {
    if (!isToken(given, options.token)) return refuse(401, WRONG_TOKEN);
    return new Response(null, {
      status: 302,
      headers: {
        ...HEADERS,
        location: "/",
        "set-cookie": `${cookieName(url)}=${options.token}; HttpOnly; SameSite=Strict; Path=/`,
      },
    });
  }
  if (!isToken(cookieOf(request, url) ?? "", options.token)) return refuse(401, WRONG_TOKEN);
  const asset = Object.hasOwn(options.assets, url.pathname)
    ? options.assets[url.pathname]
    : undefined;
  if (asset !== undefined) {
    if (url.pathname === "/") openAhead(options);
    return new Response(asset.body, { headers: { ...HEADERS, "content-type": asset.type } });
  }
  if (!url.pathname.startsWith("/api/")) return refuse(404, "No such page");
  return await answer(url, options);
}

/** The page will ask the database as soon as its script runs: it is opened meanwhile. */
function openAhead({ withReader }: ViewerOptions): void {
  withReader(() => Promise.resolve()).catch(() => {
    // The page's first question tries it anew, and says what is wrong.
  });
}

const WRONG_TOKEN = "Open the address that deno task view printed: it holds the key to this page";

type Handler = (parameters: URLSearchParams, reader: SqlReader) => Promise<unknown>;

const TreeQuery = z.strictObject({ tree: TreeId });

const NodeQuery = TreeQuery.extend({
  node: z.coerce.number().int().min(0).max(2 ** 32 - 1),
  full: z.enum(["", "1"]).default(""),
});

/** Handlers by path. `null` = it is not stored. */
const ROUTES: Readonly<Record<string, Handler>> = {
  "/api/runs": (_, reader) => listRuns(reader),
  "/api/errors": (_, reader) => listErrors(reader),
  "/api/trees": (parameters, reader) => listTrees(reader, read(TreeFilter, parameters)),
  "/api/tree": (parameters, reader) => readTreeColumns(reader, read(TreeQuery, parameters).tree),
  "/api/nodes": (parameters, reader) => readNodes(reader, read(TreeQuery, parameters).tree),
  "/api/node": (parameters, reader) => {
    const { tree, node, full } = read(NodeQuery, parameters);
    return readNode(reader, { tree, node, isFull: full === "1" });
  },
};

async function answer(url: URL, { withReader, version }: ViewerOptions): Promise<Response> {
  if (url.pathname === "/api/version") {
    const reply: VersionReply = { version: await version() };
    return json(200, reply);
  }
  const handler = Object.hasOwn(ROUTES, url.pathname) ? ROUTES[url.pathname] : undefined;
  if (handler === undefined) return refuse(404, "No such page");
  try {
    const reply = await withReader((reader) => handler(url.searchParams, reader));
    return reply === null ? refuse(404, NOT_STORED) : json(200, reply);
  } catch (error) {
    if (error instanceof UsageError) return refuse(400, error.message);
    // A process that writes holds the file: the page says so and asks again.
    if (error instanceof InfrastructureError) return refuse(503, error.message);
    throw error;
  }
}

const NOT_STORED = "This database does not hold it: the run may have been deleted";

function read<T>(schema: z.ZodType<T>, parameters: URLSearchParams): T {
  const given = Object.fromEntries([...parameters].filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const name = issue?.path.join(".") ?? "";
  throw new UsageError(`Cannot answer: ${name === "" ? "" : `${name}: `}${issue?.message}`);
}

function cookieOf(request: Request, url: URL): string | null {
  const start = `${cookieName(url)}=`;
  const cookies = (request.headers.get("cookie") ?? "").split(/;\s*/);
  return cookies.find((one) => one.startsWith(start))?.slice(start.length) ?? null;
}

function isToken(given: string, token: string): boolean {
  const [a, b] = [new TextEncoder().encode(given), new TextEncoder().encode(token)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}

function refuse(status: number, error: string): Response {
  const reply: ErrorReply = { error };
  return json(status, reply);
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...HEADERS, "content-type": "application/json; charset=utf-8" },
  });
}
