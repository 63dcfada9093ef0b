import { z } from "zod";
import { type ReplyKey, StoreError } from "../core/mod.ts";
import type { Database } from "./_database.ts";

/** A commit takes what is waiting, up to so many replies. */
const BATCH_REPLIES = 256;

const Body = z.object({ body: z.string() });

interface Waiting {
  readonly key: string;
  readonly body: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What the recorder's rows need from their store. */
export interface RepliesHost {
  readonly database: () => Database;
  /** Runs `work` while no other statement of the connection runs. */
  readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Recorded replies. A commit costs milliseconds whatever it holds, and replies come by the hundred a second: those that come during
 * one commit share the next.
 */
export class Replies {
  readonly #host: RepliesHost;
  readonly #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;
  #isClosed = false;

  constructor(host: RepliesHost) {
    this.#host = host;
  }

  /** The recorded body; `null` if there is none. */
  get(key: ReplyKey): Promise<string | null> {
    return this.#host.exclusive(async () => {
      const [row] = await this.#host.database().rows(
        "SELECT body FROM reply WHERE reply_key = $1",
        [
          keyText(key),
        ],
      );
      return row === undefined ? null : Body.parse(row).body;
    });
  }

  /** Records a body; resolves when it is durable. The first one under a key stays. */
  put(key: ReplyKey, body: string): Promise<void> {
    if (this.#isClosed) throw new StoreError("Cannot record a reply: the store is closed");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ key: keyText(key), body, resolve, reject });
    this.#flushing ??= this.#flushAll();
    return promise;
  }

  /** Takes no more, and waits until those that were handed over are durable or refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#flushing;
  }

  async #flushAll(): Promise<void> {
    // Lets the replies that come in the same turn join the first commit.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_REPLIES);
      try {
        await this.#host.exclusive(() => insert(this.#host.database(), batch));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#flushing = null;
  }
}

/** One column, because DuckDB looks an index up by a single one. */
function keyText({ requestHash, sample }: ReplyKey): string {
  return `${requestHash}/${sample}`;
}

async function insert(database: Database, batch: readonly Waiting[]): Promise<void> {
  const bodies = new Map<string, string>();
  for (const { key, body } of batch) if (!bodies.has(key)) bodies.set(key, body);
  const places = Array.from({ length: bodies.size }, (_, i) => `($${2 * i + 1}, $${2 * i + 2})`);
  await database.run(
    `INSERT INTO reply(reply_key, body) VALUES ${places.join(", ")} ON CONFLICT DO NOTHING`,
    [...bodies].flat(),
  );
}
