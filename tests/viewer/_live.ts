/** A run that writes while it is looked at. */
import { serveControl } from "../../lib/cli/control/mod.ts";
import { EventHub } from "../../lib/cli/observe/event_hub.ts";
import type { DuckdbStore } from "../../lib/store/mod.ts";

/** Serves the control endpoint of a store, as a run does that holds it. */
export function serveStore(db: string, store: DuckdbStore): Promise<AsyncDisposable> {
  return serveControl(db, {
    store,
    status: () => ({
      version: 1,
      pid: Deno.pid,
      command: "synth",
      run: "r",
      startedAt: new Date().toISOString(),
      search: null,
    }),
    events: new EventHub(),
    onNotice: () => {},
  });
}

/** Tries again while a file is held, or is not there yet; a reader lets go of it when it has been idle. */
export async function untilFree<T>(open: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
