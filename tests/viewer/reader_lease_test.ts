import assert from "node:assert/strict";
import type { SqlReader } from "../../lib/store/mod.ts";
import { ReaderLease } from "../../lib/viewer/mod.ts";

/** Opens readers that know whether they are closed. */
class Opener {
  opened = 0;
  closed = 0;
  /** Resolves at the next closing. */
  closing = Promise.withResolvers<void>();

  readonly open = () => {
    this.opened++;
    return Promise.resolve({
      query: () => Promise.reject(new Error("No statement was expected")),
      [Symbol.dispose]: () => {
        this.closed++;
        this.closing.resolve();
        this.closing = Promise.withResolvers();
      },
    });
  };
}

const LONG = 3_600_000;

Deno.test("use() opens the database once for many, and again after it was idle", async () => {
  const opener = new Opener();
  await using lease = new ReaderLease(opener.open, { idleMs: 0 });
  const seen: SqlReader[] = [];
  const look = (reader: SqlReader) => Promise.resolve(seen.push(reader));
  const idle = opener.closing.promise;
  await Promise.all([lease.use(look), lease.use(look)]);
  assert.deepEqual([opener.opened, seen[0] === seen[1]], [1, true]);
  await idle;
  assert.equal(opener.closed, 1);
  assert.equal(await lease.use(() => Promise.resolve("again")), "again");
  assert.equal(opener.opened, 2);
});

Deno.test("the database stays open while someone uses it, and for a while after", async () => {
  const opener = new Opener();
  const lease = new ReaderLease(opener.open, { idleMs: LONG });
  const end = Promise.withResolvers<void>();
  const slow = lease.use(() => end.promise);
  await lease.use(() => Promise.resolve());
  await lease.use(() => Promise.resolve());
  assert.deepEqual([opener.opened, opener.closed], [1, 0]);
  end.resolve();
  await slow;
  assert.equal(opener.closed, 0);
  await lease[Symbol.asyncDispose]();
  assert.equal(opener.closed, 1);
});

Deno.test("after a failure the next one opens anew; who still reads keeps the old one", async () => {
  const opener = new Opener();
  await using lease = new ReaderLease(opener.open, { idleMs: LONG });
  const end = Promise.withResolvers<void>();
  const slow = lease.use(() => end.promise);
  await assert.rejects(() => lease.use(() => Promise.reject(new Error("gone"))), {
    message: "gone",
  });
  await lease.use(() => Promise.resolve());
  assert.deepEqual([opener.opened, opener.closed], [2, 0]);
  const closing = opener.closing.promise;
  end.resolve();
  await slow;
  await closing;
  assert.equal(opener.closed, 1);
});

Deno.test("a database that cannot be opened is tried again by the next one", async () => {
  const opener = new Opener();
  let isBusy = true;
  const open = () => isBusy ? Promise.reject(new Error("busy")) : opener.open();
  await using lease = new ReaderLease(open, { idleMs: LONG });
  const use = () => lease.use(() => Promise.resolve("read"));
  await Promise.all([1, 2].map(() => assert.rejects(use, { message: "busy" })));
  isBusy = false;
  assert.equal(await use(), "read");
  assert.equal(opener.opened, 1);
});
