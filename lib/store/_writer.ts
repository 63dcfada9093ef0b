import { z } from "zod";
import { GroupCommit, Semaphore, StoreError, type TreeRecord } from "../core/mod.ts";
import { appendTrees, type FreshTree } from "./_append.ts";
import type { Database } from "./_database.ts";
import { isFatal, storeError } from "./_store_error.ts";
import { deriveNodes } from "./_derive.ts";
import type { WriteOutcome } from "./store.ts";

/** A flush takes what is waiting, up to so many trees and rows (docs/architecture.md, "store"). */
const FLUSH_TREES = 8;
const FLUSH_ROWS = 4_000;

/** Trees that may wait; producers wait beyond. */
const QUEUE_TREES = 64;

/** Functions that the writer needs from its store. */
export interface WriterHost {
  readonly database: () => Database;
  /** Closes and opens the file again, after an error that killed the instance. */
  readonly reopen: () => Promise<void>;
  /** Runs `work` while no other statement of the connection runs. */
  readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * One queue of finished trees. While a flush runs, the next one gathers: a lone tree is written at once, a crowd in batches.
 * Callers hear of a tree only after its COMMIT.
 */
export class TreeWriter {
  readonly #host: WriterHost;
  readonly #slots = new Semaphore(QUEUE_TREES);
  readonly #queue: GroupCommit<FreshTree, WriteOutcome>;
  #isClosed = false;

  constructor(host: WriterHost) {
    this.#host = host;
    this.#queue = new GroupCommit(async (batch) => {
      const stored = await host.exclusive(() => this.#flushTwice(batch));
      return (tree) => stored.has(tree) ? "stored" : "duplicate";
    }, { take: flushSize });
  }

  /**
   * Keeps a tree; resolves when it is durable.
   *
   * @throws {StoreError} If the store is closed, or the tree could not be kept.
   */
  async write(treeId: bigint, tree: TreeRecord): Promise<WriteOutcome> {
    if (this.#isClosed) throw new StoreError("Cannot store a tree: the store is closed");
    if (tree.nodes.length === 0) throw new StoreError("Cannot store a tree without nodes");
    const nodes = deriveNodes(tree.nodes);
    using _slot = await this.#slots.acquire();
    return await this.#queue.add({ treeId, tree, nodes });
  }

  /** Takes no more trees, and waits until those that were handed over are durable or refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // A permit that was asked for last is given last: holding all of them means that nobody else does.
    const permits = await Promise.all(
      Array.from({ length: QUEUE_TREES }, () => this.#slots.acquire()),
    );
    for (const permit of permits) permit[Symbol.dispose]();
    await this.#queue.settled();
  }

  /** After a FATAL error a commit may or may not have happened; the gate makes the second try safe. */
  async #flushTwice(batch: readonly FreshTree[]): Promise<ReadonlySet<FreshTree>> {
    try {
      return await this.#flush(batch);
    } catch (error) {
      if (!isFatal(error)) throw error;
      await this.#host.reopen();
      return await this.#flush(batch);
    }
  }

  /** The trees of the batch that were new. The same tree may be in it twice. */
  async #flush(batch: readonly FreshTree[]): Promise<ReadonlySet<FreshTree>> {
    const database = this.#host.database();
    return await database.transaction(async () => {
      const known = await storedIds(database, batch);
      const fresh = batch.filter(({ treeId }) => {
        const isFresh = !known.has(treeId);
        known.add(treeId);
        return isFresh;
      });
      try {
        await appendTrees(database, fresh);
      } catch (error) {
        throw storeError(database.path, error);
      }
      return new Set(fresh);
    });
  }
}

/** Trees that the next flush takes. */
function flushSize(waiting: readonly FreshTree[]): number {
  let rows = 0;
  let size = 0;
  for (const { tree } of waiting.slice(0, FLUSH_TREES)) {
    rows += tree.nodes.length;
    if (size > 0 && rows > FLUSH_ROWS) break;
    size++;
  }
  return size;
}

const StoredId = z.object({ tree_id: z.bigint() });

/**
 * The gate: which ids are there already. One lookup for a batch takes a tenth of the time of an INSERT ... ON CONFLICT for each
 * tree, and is as safe: this is the file's only writer, in one transaction, and the primary key stands behind it.
 */
async function storedIds(database: Database, batch: readonly FreshTree[]): Promise<Set<bigint>> {
  const places = batch.map((_, i) => `$${i + 1}::UBIGINT`).join(", ");
  const rows = await database.rows(
    `SELECT tree_id FROM tree WHERE tree_id IN (${places})`,
    batch.map(({ treeId }) => String(treeId)),
  );
  return new Set(rows.map((row) => StoredId.parse(row).tree_id));
}
