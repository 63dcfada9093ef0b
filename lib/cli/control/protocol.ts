/**
 * Protocol of the control endpoint of a process that holds a database: HTTP over a Unix socket beside the file, which only the
 * file's user may open.
 *
 * - `GET /status`: {@linkcode ControlStatus}
 * - `GET /events`: one {@linkcode ControlEvent} a line, first one of type `status`, then as they come, until the client leaves or the process ends
 * - `POST /query` {@linkcode QueryBody}: one {@linkcode QueryLine} a line; the last one is `end` or `error`
 * - `POST /snapshot` {@linkcode SnapshotBody}: {@linkcode SnapshotReply}
 */
import { resolve } from "node:path";
import { z } from "zod";

/** Longest path of a Unix socket that the kernel takes, bytes. */
const MAX_SOCKET_PATH_BYTES = 107;

/** Where a process that holds a database listens. */
export function socketPath(db: string): string {
  return `${resolve(db)}.sock`;
}

/** Why no process can listen at a path, as a phrase; `null` where one can. */
export function socketPathProblem(path: string): string | null {
  return new TextEncoder().encode(path).byteLength <= MAX_SOCKET_PATH_BYTES
    ? null
    : `"${path}" is longer than the ${MAX_SOCKET_PATH_BYTES} bytes that a socket's path may have`;
}

const Queue = z.object({
  running: z.number(),
  waiting: z.number(),
  /** Requests or steps that run at once. */
  limit: z.number(),
});

/** State of the trees that a process grows. */
export const SearchStatus = z.object({
  trees: z.number(),
  totalTrees: z.number(),
  open: z.number(),
  parked: z.number(),
  problemsSolved: z.number(),
  rollouts: z.number(),
  generatedTokens: z.number(),
  seconds: z.number(),
  /** By name: `policy`, `sandbox`, `ppm`. */
  queues: z.record(z.string(), Queue),
  failures: z.array(z.string()),
});

/** State of the trees that a process grows. */
export type SearchStatus = z.infer<typeof SearchStatus>;

/** State of a process. */
export const ControlStatus = z.object({
  version: z.literal(1),
  pid: z.number(),
  command: z.string(),
  run: z.string().nullable(),
  startedAt: z.string(),
  /** `null` while no trees are grown. */
  search: SearchStatus.nullable(),
});

/** State of a process. */
export type ControlStatus = z.infer<typeof ControlStatus>;

/** An event with its time. Kinds may be added; clients pass by what they do not know. */
export const ControlEvent = z.looseObject({ at: z.string(), type: z.string() });

/** An event with its time. */
export type ControlEvent = z.infer<typeof ControlEvent>;

/** Body of a request for a read-only query. */
export const QueryBody = z.strictObject({
  sql: z.string(),
  parameters: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  timeoutMs: z.number().positive().optional(),
});

/** A line of a query's reply. */
export const QueryLine = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("columns"),
    columns: z.array(z.string()),
    types: z.array(z.string()),
  }),
  z.object({ type: z.literal("rows"), rows: z.array(z.array(z.json())) }),
  z.object({ type: z.literal("end") }),
  /** `usage`: the statement is at fault. */
  z.object({ type: z.literal("error"), kind: z.enum(["usage", "other"]), message: z.string() }),
]);

/** A line of a query's reply. */
export type QueryLine = z.infer<typeof QueryLine>;

/** A snapshot that is asked for. */
export const SnapshotBody = z.strictObject({
  /** Full path, in the database's folder. */
  path: z.string(),
});

/** How a snapshot ended. */
export const SnapshotReply = z.union([
  z.object({ path: z.string() }),
  z.object({ error: z.string() }),
]);
