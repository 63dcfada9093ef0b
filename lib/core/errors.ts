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

/** Where a request went, as far as what helps depends on it. */
export interface RequestPlace {
  readonly url: string;
  /** Whether a key was sent. */
  readonly hasKey: boolean;
  /** Proxy that it went through, without its password; `null` for none. */
  readonly proxy: string | null;
}

/** Data of a {@linkcode ProviderError}. */
export interface ProviderErrorOptions extends ErrorOptions {
  /** HTTP status, or `null` when no reply came (refused, reset, deadline). */
  readonly status: number | null;
  /** Whether the same request may succeed later or elsewhere. */
  readonly isRetryable: boolean;
  /** Wait that `retry-after` asked for, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Kind of failure in few words, for counting. @default from the status: `status 503`, `no reply`, `invalid reply` for 200 */
  readonly kind?: string;
  /** Where the request went. @default it is not known */
  readonly place?: RequestPlace | null;
}

/** An inference endpoint did not answer, or answered with something that is not a reply. */
export class ProviderError extends InfrastructureError {
  override readonly name = "ProviderError";
  readonly status: number | null;
  readonly isRetryable: boolean;
  readonly retryAfterMs: number | null;
  /** Kind of failure in few words: failures of one kind are counted together. */
  readonly kind: string;
  readonly place: RequestPlace | null;

  constructor(message: string, options: ProviderErrorOptions) {
    super("endpoint", message, options);
    const { status } = options;
    this.status = status;
    this.isRetryable = options.isRetryable;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.place = options.place ?? null;
    this.kind = options.kind ??
      (status === null ? "no reply" : status === 200 ? "invalid reply" : `status ${status}`);
  }

  /** The same failure, told in another way or of another consequence. */
  changed(
    { message = this.message, isRetryable = this.isRetryable }: {
      readonly message?: string;
      readonly isRetryable?: boolean;
    },
  ): ProviderError {
    const { status, kind, place } = this;
    return new ProviderError(message, { status, kind, place, isRetryable, cause: this });
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
  /** Whether the file that was named is the wrong one: not there, there already, or no database of ours. @default false */
  readonly isWrongFile?: boolean;
  /** Whether an earlier version made the database: opening it for writing brings it up to date. @default false */
  readonly isOutdated?: boolean;
  /** Whether the reason is damage, which no repetition mends. @default false */
  readonly isDamaged?: boolean;
}

/** The database cannot be opened, read or written. */
export class StoreError extends InfrastructureError {
  override readonly name = "StoreError";
  readonly isBusy: boolean;
  readonly isWrongFile: boolean;
  readonly isOutdated: boolean;
  readonly isDamaged: boolean;

  constructor(message: string, options?: StoreErrorOptions) {
    super("store", message, options);
    this.isBusy = options?.isBusy ?? false;
    this.isWrongFile = options?.isWrongFile ?? false;
    this.isOutdated = options?.isOutdated ?? false;
    this.isDamaged = options?.isDamaged ?? false;
  }
}

/**
 * Nothing that a model wrote could be read, so that the work came to nothing. The machinery is sound and so are the settings, one by one.
 * Exit code 1, no stack trace.
 */
export class UnreadableModelError extends Error {
  override readonly name = "UnreadableModelError";
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
