import { StoreError } from "../../core/mod.ts";
import type { LoadSample } from "../../store/mod.ts";
import type { SearchStatus } from "../control/mod.ts";

/** Options of {@linkcode sampleLoad}. */
export interface LoadSamplerOptions {
  /** Returns the status of the current search; `null` while there is none. */
  readonly load: () => SearchStatus | null;
  readonly save: (samples: readonly LoadSample[]) => Promise<void>;
  readonly onNotice: (message: string) => void;
  /** Milliseconds between two measurements. @default 10000 */
  readonly intervalMs?: number;
}

/** Measures load over time and keeps it. A measurement that cannot be kept is told once; the search is what matters. */
export function sampleLoad(options: LoadSamplerOptions): AsyncDisposable {
  const { load, save, onNotice, intervalMs = 10_000 } = options;
  let last: { readonly status: SearchStatus; readonly atMs: number } | null = null;
  let saving = Promise.resolve();
  let hasFailed = false;
  const take = () => {
    const status = load();
    if (status === null) return;
    const now = { status, atMs: performance.now() };
    const samples = measurements(now, last).map(([name, value]) => ({
      takenAt: new Date(),
      name,
      value,
    }));
    last = now;
    saving = saving.then(() => save(samples)).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
      if (!hasFailed) onNotice(`Load over time is not kept: ${error.message}`);
      hasFailed = true;
    });
  };
  const timer = setInterval(take, intervalMs);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      take();
      await saving;
    },
  };
}

interface Moment {
  readonly status: SearchStatus;
  readonly atMs: number;
}

/** Names and values: queues as they are, rates since the last measurement. */
function measurements(now: Moment, last: Moment | null): readonly (readonly [string, number])[] {
  const { status } = now;
  const seconds = last === null ? status.seconds : (now.atMs - last.atMs) / 1000;
  const since = (value: (status: SearchStatus) => number) => {
    // A new search counts from the beginning.
    const before = last === null || value(last.status) > value(status) ? 0 : value(last.status);
    return seconds <= 0 ? 0 : (value(status) - before) / seconds;
  };
  return [
    ["trees.open", status.open],
    ["trees.done", status.trees],
    ["trees.parked", status.parked],
    ["rollouts.per_second", since(({ rollouts }) => rollouts)],
    ["tokens.per_second", since(({ generatedTokens }) => generatedTokens)],
    ...Object.entries(status.queues).flatMap(([name, { running, waiting, limit }]) =>
      [
        [`${name}.running`, running],
        [`${name}.waiting`, waiting],
        [`${name}.limit`, limit],
      ] as const
    ),
  ];
}
