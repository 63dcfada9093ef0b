import { openStore } from "./lib/store/mod.ts";
const mode = Deno.args[0];
const dir = Deno.makeTempDirSync();
const gc = (globalThis as unknown as { gc: () => void }).gc;
const many = "SELECT i, md5(i::VARCHAR) FROM range(3000000) t(i)";
for (let k = 0; k < 60; k++) {
  {
    await using store = await openStore(`${dir}/${k}.duckdb`);
    if (mode === "leave") { for await (const _ of (await store.query(many)).batches) break; }
    if (mode === "abort") {
      const c = new AbortController();
      const { batches } = await store.query(many, { signal: c.signal });
      let n = 0;
      try {
        for await (const _ of batches) {
          n++;
          if (n === 1 + k % 7) c.abort(new Error("x"));
        }
      } catch (e) {
        if ((e as Error).message !== "x") throw e;
      }
    }
    if (mode === "abortleave") {
      const c = new AbortController();
      const { batches } = await store.query(many, { signal: c.signal });
      const it = batches[Symbol.asyncIterator]();
      await it.next();
      const p = it.next().catch(() => {});
      c.abort(new Error("x"));
      await it.return?.(undefined);
      await p;
    }
    if (mode === "nextleave") {
      const { batches } = await store.query(many);
      const it = batches[Symbol.asyncIterator]();
      await it.next();
      const p = it.next().catch(() => {});
      await it.return?.(undefined);
      await p;
    }
    if (k % 2) gc();
    for await (const _ of (await store.query("SELECT 1")).batches);
  }
  gc();
  await new Promise((r) => setTimeout(r, 1));
  gc();
}
console.log(mode, "fine");
