import assert from "node:assert/strict";
import { join } from "node:path";
import type { SearchStatus } from "../../../lib/cli/control/mod.ts";
import { EventHub } from "../../../lib/cli/observe/event_hub.ts";
import { sampleLoad } from "../../../lib/cli/observe/load_sampler.ts";
import { openRunLog } from "../../../lib/cli/observe/run_log.ts";
import { StoreError } from "../../../lib/core/mod.ts";
import type { LoadSample } from "../../../lib/store/mod.ts";

const at = "2026-01-01T00:00:00.000Z";

Deno.test("openRunLog() writes one object a line, at and above its level, after what is there", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a.log");
    for (const level of ["info", "debug"] as const) {
      await using log = await openRunLog(path, { level });
      log.write({ at, type: "tree", seed: 0 });
      log.write({ at, type: "parked", message: "gone\nagain" });
      log.write({ at, type: "notice", level: "error", message: "m" });
    }
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n").map((l) => JSON.parse(l));
    assert.deepEqual(lines.map(({ level, type }) => `${level} ${type}`), [
      ...["warn parked", "error notice"],
      ...["debug tree", "warn parked", "error notice"],
    ]);
    assert.deepEqual(lines[0], { at, level: "warn", type: "parked", message: "gone\nagain" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("EventHub tells a slow subscriber how many events it missed", async () => {
  const hub = new EventHub(() => new Date(at));
  const controller = new AbortController();
  const stream = hub.subscribe(controller.signal);
  const first = stream.next();
  for (let i = 0; i < 10_005; i++) hub.emit({ type: "end", stored: i, parked: 0, undone: 0 });
  const seen = [(await first).value, (await stream.next()).value];
  assert.deepEqual(seen.map((event) => event?.type).toSorted(), ["dropped", "end"]);
  controller.abort();
  await stream.return(undefined);
});

const status: SearchStatus = {
  trees: 4,
  totalTrees: 9,
  open: 2,
  parked: 0,
  problemsSolved: 1,
  rollouts: 20,
  generatedTokens: 1000,
  seconds: 10,
  failures: [],
  queues: { policy: { running: 3, waiting: 1, limit: 8 } },
};

Deno.test("sampleLoad() keeps queues and rates, at the latest when it ends", async () => {
  const kept: LoadSample[] = [];
  {
    await using _sampling = sampleLoad({
      load: () => status,
      save: (samples) => Promise.resolve(void kept.push(...samples)),
      onNotice: assert.fail,
    });
  }
  assert.deepEqual(Object.fromEntries(kept.map(({ name, value }) => [name, value])), {
    "trees.open": 2,
    "trees.done": 4,
    "trees.parked": 0,
    "rollouts.per_second": 2,
    "tokens.per_second": 100,
    "policy.running": 3,
    "policy.waiting": 1,
    "policy.limit": 8,
  });
});

Deno.test("sampleLoad() tells once that load cannot be kept, and disturbs nobody", async () => {
  const notices: string[] = [];
  {
    await using _sampling = sampleLoad({
      load: () => status,
      save: () => Promise.reject(new StoreError("disk full")),
      onNotice: (message) => notices.push(message),
    });
  }
  assert.deepEqual(notices, ["Load over time is not kept: disk full"]);
});
