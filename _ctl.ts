import { serveControl } from "./lib/cli/control/mod.ts";
import { EventHub } from "./lib/cli/observe/event_hub.ts";
import { openReader } from "./lib/cli/reader.ts";
import { openStore } from "./lib/store/mod.ts";
const mode = Deno.args[0];
const many = "SELECT i, md5(i::VARCHAR) FROM range(3000000) t(i)";
for (let k = 0; k < 12; k++) {
  const folder = await Deno.makeTempDir();
  const db = folder + "/a.duckdb";
  await using store = await openStore(db);
  const server = await serveControl(db, {
    store,
    events: new EventHub(),
    status: () => ({ version: 1, pid: 1, command: "x", run: null, startedAt: "", search: null }),
    onNotice: console.log,
  });
  using reader = await openReader(db);
  if (mode === "leave" || mode === "leaveonly") {
    for await (const _batch of (await reader.query(many)).batches) break;
    if (mode === "leave") { for await (const _ of (await reader.query("SELECT 1")).batches); }
  }
  if (mode === "close") {
    const { batches } = await reader.query(many);
    const reading = Array.fromAsync(batches);
    await server[Symbol.asyncDispose]();
    await reading.catch(() => {});
  }
  await server[Symbol.asyncDispose]();
}
console.log(mode, "fine");
