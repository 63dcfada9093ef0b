/**
 * Error classes, one per boundary that can fail.
 *
 * Invariant: a failed program, a wrong answer or a time-out of a step is a *value* (a step outcome, a verdict). An exception of
 * this file means that the machinery failed, and a machinery failure never becomes a Q-value or a wrong answer.
 */

/** The parts of the system whose failure says nothing about a model. */
export const BOUNDARIES = ["endpoint", "sandbox", "store", "grader", "engine", "process"] as const;

/** Name of a boundary, as stored with an unfinished tree. */
export type Boundary = typeof BOUNDARIES[number];

/** Something between us and a model failed: an endpoint, the sandbox, the store. The work is retried or parked, never judged. */
export class InfrastructureError extends Error {
  override readonly name: string = "InfrastructureError";

  /** @param boundary The part that failed. */
  constructor(readonly boundary: Boundary, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Data of a {@linkcode ProviderError}. */
export interface ProviderErrorOptions extends ErrorOptions {
  /** HTTP status, or `null` when no reply came (refused, reset, deadline). */
  readonly status: number | null;
  /** Whether the same request may succeed later or elsewhere. */
  readonly isRetryable: boolean;
  /** What `retry-after` asked for, in milliseconds. */
  readonly retryAfterMs?: number;
  /** What failed, in few words, for counting. @default from the status: `status 503`, `no reply`, `invalid reply` for 200 */
  readonly kind?: string;
}

/** An inference endpoint did not answer, or answered with something that is not a reply. */
export class ProviderError extends InfrastructureError {
  override readonly name = "ProviderError";
  readonly status: number | null;
  readonly isRetryable: boolean;
  readonly retryAfterMs: number | null;
  /** What failed, in few words: failures of one kind are counted together. */
  readonly kind: string;

  constructor(message: string, options: ProviderErrorOptions) {
    super("endpoint", message, options);
    const { status } = options;
    this.status = status;
    this.isRetryable = options.isRetryable;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.kind = options.kind ??
      (status === null ? "no reply" : status === 200 ? "invalid reply" : `status ${status}`);
  }
}

/** The sandbox cannot run steps here, or lost its worker. Says nothing about the step. */
export class SandboxUnavailableError extends InfrastructureError {
  override readonly name = "SandboxUnavailableError";

  constructor(message: string, options?: ErrorOptions) {
    super("sandbox", message, options);
  }
}

/** Data of a {@linkcode StoreError}. */
export interface StoreErrorOptions extends ErrorOptions {
  /** Whether the reason is another process that holds the file. @default false */
  readonly isBusy?: boolean;
}

/** The database cannot be opened, read or written. */
export class StoreError extends InfrastructureError {
  override readonly name = "StoreError";
  readonly isBusy: boolean;

  constructor(message: string, options?: StoreErrorOptions) {
    super("store", message, options);
    this.isBusy = options?.isBusy ?? false;
  }
}

/** The user asked for something that cannot be done as asked. Exit code 2, no stack trace. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** A configuration value is unknown, of the wrong type or contradicts another one. */
export class ConfigError extends UsageError {
  override readonly name = "ConfigError";
}

/** A problem file cannot be read as problems. */
export class DatasetError extends UsageError {
  override readonly name = "DatasetError";

  /**
   * @param path File that was read.
   * @param line One-based line or row; `null` when the whole file is meant.
   */
  constructor(
    readonly path: string,
    readonly line: number | null,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
