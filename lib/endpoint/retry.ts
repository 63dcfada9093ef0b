import { ProviderError, type Random, seededRandom } from "../core/mod.ts";
import { type Clock, systemClock } from "./clock.ts";
import { isTimeout } from "./_deadline.ts";
import type { CallOptions } from "./policy.ts";

/** Calls in all, where nothing else is said. */
export const DEFAULT_ATTEMPTS = 10;

/** When a failed request is tried again, and with which clock and dice. */
export interface RetryOptions extends CallOptions {
  /** Calls in all, the first one included. @default 10 */
  readonly attempts?: number;
  /** Milliseconds before the second call, before jitter; doubles from call to call. @default 500 */
  readonly initialDelayMs?: number;
  /** Milliseconds that no wait exceeds, whatever `retry-after` asks for. @default 60000 */
  readonly maxDelayMs?: number;
  /** Milliseconds after the first failure from which no further call starts. @default 600000 */
  readonly maxTotalMs?: number;
  /** How many replies that did not come in time are asked for again: 0 for long work, which would end no sooner. @default 0 */
  readonly lateReplies?: number;
  /** Whether the operation itself waits as long as `retry-after` asks for. @default false */
  readonly waitsItself?: boolean;
  /** Source of the jitter. @default one seeded stream for the process, so that requests do not come back in step */
  readonly random?: Random;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /** Told of every repetition, before its wait. */
  readonly onRetry?: (error: ProviderError, delayMs: number) => void;
}

/**
 * Calls until it works: exponential back-off with jitter, or as long as the server's `retry-after` asks for. The one place of the
 * project that repeats a request as it is; one that had no reply in time is not, unless the caller says that it is small.
 *
 * @throws {ProviderError} If a failure cannot pass by itself, or no reply came in time, or calls or time are used up: the last failure.
 * @throws Whatever else the operation throws, at once.
 */
export async function withRetries<T>(
  operation: () => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const {
    attempts = DEFAULT_ATTEMPTS,
    initialDelayMs = 500,
    maxDelayMs = 60_000,
    maxTotalMs = 600_000,
    lateReplies = 0,
    waitsItself = false,
    random = sharedJitter,
    clock = systemClock,
    onRetry,
    signal,
  } = options;
  let failingSinceMs: number | null = null;
  let late = 0;
  for (let attempt = 1;; attempt++) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof ProviderError) || !error.isRetryable) throw error;
      if (isTimeout(error) && ++late > lateReplies) throw exhausted(error, attempt);
      const doubled = Math.min(maxDelayMs, initialDelayMs * 2 ** (attempt - 1));
      const jittered = doubled * (0.5 + random() / 2);
      const asked = waitsItself ? null : error.retryAfterMs;
      const delayMs = Math.min(maxDelayMs, asked ?? jittered);
      failingSinceMs ??= clock.now();
      if (attempt >= attempts || clock.now() - failingSinceMs + delayMs > maxTotalMs) {
        throw exhausted(error, attempt);
      }
      onRetry?.(error, delayMs);
      await clock.sleep(delayMs, { signal });
    }
  }
}

const sharedJitter = seededRandom(0);

/** The last failure of so many calls. */
export function exhausted(error: ProviderError, attempts: number): ProviderError {
  if (attempts === 1) return error;
  return error.changed({ message: `${error.message} (tried ${attempts} times)` });
}
