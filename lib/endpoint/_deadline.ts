import { ProviderError } from "../core/mod.ts";
import type { Clock } from "./clock.ts";

/** Options of {@linkcode withDeadline}. */
export interface DeadlineOptions {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  /** Makes the error for a missed deadline. */
  readonly late: () => ProviderError;
}

/**
 * Runs a call that is aborted when its time is over.
 *
 * @throws {ProviderError} `late()`, if it was.
 * @throws The signal's reason, when it aborts; whatever the call throws otherwise.
 */
export async function withDeadline<T>(
  call: (signal: AbortSignal) => Promise<T>,
  { clock, deadlineMs, signal, late }: DeadlineOptions,
): Promise<T> {
  const over = new AbortController();
  const done = new AbortController();
  const isOver = clock.sleep(deadlineMs, { signal: done.signal }).then(
    () => over.abort(),
    () => {},
  );
  try {
    const signals = signal === undefined ? [over.signal] : [over.signal, signal];
    return await call(AbortSignal.any(signals));
  } catch (error) {
    signal?.throwIfAborted();
    throw over.signal.aborted ? late() : error;
  } finally {
    done.abort();
    await isOver;
  }
}

/** Kind of the failure of a call that had so much time: what is asked again in the same form may take as long again. */
const NO_REPLY_IN_TIME = "no reply in time";

/** The failure of a call that had so much time. */
export function noReplyInTime(url: string, deadlineMs: number): ProviderError {
  return new ProviderError(
    `Cannot get a reply from ${url}: no reply in time (${deadlineMs / 1000} s)`,
    { status: null, isRetryable: true, kind: NO_REPLY_IN_TIME },
  );
}

/** Whether a call failed because its time was over. */
export function isTimeout(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === NO_REPLY_IN_TIME;
}
