/** Longest wait of a timer, milliseconds: one that is asked for more fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits for so many milliseconds, 25 days at most.
 *
 * @throws The signal's reason, when it aborts.
 */
export function sleep(
  ms: number,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, Math.min(ms, MAX_TIMER_MS));
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/**
 * Waits for what goes on by itself, no longer than until the signal aborts.
 *
 * @throws The signal's reason, when it aborts; what was waited for goes on.
 */
export async function waitFor<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    // The race hears of a failure of the work that comes after the abort: nobody else may.
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
