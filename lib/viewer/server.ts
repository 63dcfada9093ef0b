import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { InfrastructureError, UsageError } from "../core/mod.ts";
import type { SqlReader } from "../store/mod.ts";
import type { ErrorReply } from "./api.ts";
import {
  listRuns,
  listTrees,
  readNode,
  readTreeColumns,
  readVersion,
  TreeFilter,
  TreeId,
} from "./queries.ts";

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

/** What the viewer is made of. */
export interface ViewerOptions {
  /** Secret that every request must know. */
  readonly token: string;
  /** Does something with the database; opens and closes it as is needed. */
  readonly withReader: <T>(work: (reader: SqlReader) => Promise<T>) => Promise<T>;
  /** Files by path: `/`, `/app.js`, `/app.css`. */
  readonly assets: Readonly<Record<string, Asset>>;
}

/** Name of the cookie that holds the token after the first request. */
const COOKIE = "rstar_viewer";

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
        "set-cookie": `${COOKIE}=${options.token}; HttpOnly; SameSite=Strict; Path=/`,
      },
    });
  }
  if (!isToken(cookieOf(request) ?? "", options.token)) return refuse(401, WRONG_TOKEN);
  const asset = Object.hasOwn(options.assets, url.pathname)
    ? options.assets[url.pathname]
    : undefined;
  if (asset !== undefined) {
    return new Response(asset.body, { headers: { ...HEADERS, "content-type": asset.type } });
  }
  if (!url.pathname.startsWith("/api/")) return refuse(404, "No such page");
  return await answer(url, options);
}

const WRONG_TOKEN = "Open the address that deno task view printed: it holds the key to this page";

type Handler = (parameters: URLSearchParams, reader: SqlReader) => Promise<unknown>;

const NodeQuery = z.strictObject({
  tree: TreeId,
  node: z.coerce.number().int().min(0).max(2 ** 32 - 1),
  full: z.enum(["", "1"]).default(""),
});

const ROUTES: Readonly<Record<string, Handler>> = {
  "/api/runs": (_, reader) => listRuns(reader),
  "/api/version": (_, reader) => readVersion(reader),
  "/api/trees": (parameters, reader) => listTrees(reader, read(TreeFilter, parameters)),
  "/api/tree": (parameters, reader) =>
    readTreeColumns(reader, read(z.strictObject({ tree: TreeId }), parameters).tree),
  "/api/node": (parameters, reader) => {
    const { tree, node, full } = read(NodeQuery, parameters);
    return readNode(reader, { tree, node, isFull: full === "1" });
  },
};

async function answer(url: URL, { withReader }: ViewerOptions): Promise<Response> {
  const handler = Object.hasOwn(ROUTES, url.pathname) ? ROUTES[url.pathname] : undefined;
  if (handler === undefined) return refuse(404, "No such page");
  try {
    return json(200, await withReader((reader) => handler(url.searchParams, reader)));
  } catch (error) {
    if (error instanceof UsageError) return refuse(400, error.message);
    // A process that writes holds the file: the page says so and asks again.
    if (error instanceof InfrastructureError) return refuse(503, error.message);
    throw error;
  }
}

function read<T>(schema: z.ZodType<T>, parameters: URLSearchParams): T {
  const given = Object.fromEntries([...parameters].filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UsageError(`Cannot answer: ${issue?.path.join(".")}: ${issue?.message}`);
}

function cookieOf(request: Request): string | null {
  const cookies = (request.headers.get("cookie") ?? "").split(/;\s*/);
  return cookies.find((one) => one.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? null;
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
