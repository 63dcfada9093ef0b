/** How often something happened, and one instance of it. */
export interface CountedExample {
  readonly count: number;
  /** The first one, in words. */
  readonly example: string;
}

/** Counters by kind, each with an example: what went wrong, in a form that can be shown. */
export class FailureCounts {
  readonly #byKind = new Map<string, { count: number; readonly example: string }>();

  /** Counts one. Only the first example of a kind is kept. */
  add(kind: string, example: string): void {
    const known = this.#byKind.get(kind);
    if (known === undefined) this.#byKind.set(kind, { count: 1, example });
    else known.count++;
  }

  /** All counted so far. */
  get total(): number {
    return [...this.#byKind.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** A copy, in the order in which the kinds first came up. */
  snapshot(): Readonly<Record<string, CountedExample>> {
    return Object.fromEntries([...this.#byKind].map(([kind, one]) => [kind, { ...one }]));
  }
}
