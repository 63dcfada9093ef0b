import { z } from "zod";
import { GroupCommit, type ReplyKey, StoreError } from "../core/mod.ts";
import type { Database } from "./_database.ts";

/** A commit takes what is waiting, up to so many replies. */
const BATCH_REPLIES = 256;

const Body = z.object({ body: z.string() });

interface Recorded {
  readonly key: string;
  readonly body: string;
}

/** Functions that the recorder's rows need from their store. */
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
  readonly #queue: GroupCommit<Recorded>;
  #isClosed = false;

  constructor(host: RepliesHost) {
    this.#host = host;
    this.#queue = new GroupCommit(async (batch) => {
      await host.exclusive(() => insert(host.database(), batch));
      return () => {};
    }, { take: () => BATCH_REPLIES });
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
    return this.#queue.add({ key: keyText(key), body });
  }

  /** Takes no more, and waits until those that were handed over are durable or refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#queue.settled();
  }
}

/** One column, because DuckDB looks an index up by a single one. */
function keyText({ requestHash, sample }: ReplyKey): string {
  return `${requestHash}/${sample}`;
}

async function insert(database: Database, batch: readonly Recorded[]): Promise<void> {
  const bodies = new Map<string, string>();
  for (const { key, body } of batch) if (!bodies.has(key)) bodies.set(key, body);
  const places = Array.from({ length: bodies.size }, (_, i) => `($${2 * i + 1}, $${2 * i + 2})`);
  await database.run(
    `INSERT INTO reply(reply_key, body) VALUES ${places.join(", ")} ON CONFLICT DO NOTHING`,
    [...bodies].flat(),
  );
}
