import { ProviderError, type Random, seededRandom } from "../core/mod.ts";
import type { CallOptions } from "./policy.ts";

/** When a failed request is tried again, and with which clock and dice. */
export interface RetryOptions extends CallOptions {
  /** Calls in all, the first one included. @default 10 */
  readonly attempts?: number;
  /** Milliseconds before the second call, before jitter; doubles from call to call. @default 500 */
  readonly initialDelayMs?: number;
  /** Milliseconds that no wait exceeds, whatever `retry-after` asks for. @default 60000 */
  readonly maxDelayMs?: number;
  /** Milliseconds after the first call from which no further one starts. @default 600000 */
  readonly maxTotalMs?: number;
  /** Source of the jitter. @default one seeded stream for the process, so that requests do not come back in step */
  readonly random?: Random;
  /** Waits; rejects with the signal's reason when it aborts. */
  readonly sleep?: (ms: number, options: CallOptions) => Promise<void>;
  /** Clock in milliseconds. @default `performance.now` */
  readonly now?: () => number;
  /** Told of every repetition, before its wait. */
  readonly onRetry?: (error: ProviderError, delayMs: number) => void;
}

/**
 * Calls until it works: exponential back-off with jitter, or as long as the server's `retry-after` asks for. The one place of the
 * project that repeats a request.
 *
 * @throws {ProviderError} If a failure cannot pass by itself, or calls or time are used up: the last failure.
 * @throws Whatever else the operation throws, at once.
 */
export async function withRetries<T>(
  operation: () => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const {
    attempts = 10,
    initialDelayMs = 500,
    maxDelayMs = 60_000,
    maxTotalMs = 600_000,
    random = sharedJitter,
    sleep = wait,
    now = () => performance.now(),
    onRetry,
    signal,
  } = options;
  const startedMs = now();
  for (let attempt = 1;; attempt++) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof ProviderError) || !error.isRetryable) throw error;
      const doubled = Math.min(maxDelayMs, initialDelayMs * 2 ** (attempt - 1));
      const jittered = doubled * (0.5 + random() / 2);
      const delayMs = Math.min(maxDelayMs, error.retryAfterMs ?? jittered);
      if (attempt >= attempts || now() - startedMs + delayMs > maxTotalMs) {
        throw exhausted(error, attempt);
      }
      onRetry?.(error, delayMs);
      await sleep(delayMs, { signal });
    }
  }
}

const sharedJitter = seededRandom(0);

/** Waits with a timer. */
function wait(ms: number, { signal }: CallOptions): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

function exhausted(error: ProviderError, attempts: number): ProviderError {
  if (attempts === 1) return error;
  return new ProviderError(`${error.message} (tried ${attempts} times)`, {
    status: error.status,
    isRetryable: true,
    cause: error,
  });
}
