import { InfrastructureError, waitFor } from "../../core/mod.ts";

/** Signal and callback for work under a stall limit. */
export interface StallWatch {
  /** Aborts when the work stalls, or with the outer signal. */
  readonly signal: AbortSignal;
  /** Says that something was achieved: the limit starts again. */
  readonly touch: () => void;
}

/**
 * Does work that has to show progress. Work that does not listen to its signal is left behind.
 *
 * @throws {InfrastructureError} If nothing was achieved for so long; the work was told to end.
 * @throws Whatever the work throws; the outer signal's reason when it aborts.
 */
export async function withStallLimit<T>(
  work: (watch: StallWatch) => Promise<T>,
  options: { readonly seconds: number; readonly signal: AbortSignal },
): Promise<T> {
  const stall = new AbortController();
  const end = () =>
    stall.abort(
      new InfrastructureError(
        "process",
        `Cannot finish the tree: the policy answered nothing and no rollout ended within ${options.seconds} s`,
      ),
    );
  let timer = setTimeout(end, options.seconds * 1000);
  const touch = () => {
    clearTimeout(timer);
    if (!signal.aborted) timer = setTimeout(end, options.seconds * 1000);
  };
  const signal = AbortSignal.any([options.signal, stall.signal]);
  try {
    signal.throwIfAborted();
    return await waitFor(work({ signal, touch }), signal);
  } finally {
    clearTimeout(timer);
  }
}
