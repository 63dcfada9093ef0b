/** A part of some work: the `index`-th, from 0, of `count` equal ones. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Parts that work can be split into; more would be hardly more than one problem each. */
const MAX_SHARDS = 100_000;

/**
 * The part that `3/64` names.
 *
 * @returns `null` when the text names none.
 */
export function parseShard(text: string): Shard | null {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text.trim());
  if (match === null) return null;
  const [index, count] = [Number(match[1]), Number(match[2])];
  return index < count && count <= MAX_SHARDS ? { index, count } : null;
}

/** Every `count`-th item from the `index`-th on: parts differ by one item at most, and more items make every part larger. */
export function shardOf<T>(items: readonly T[], shard: Shard | null): readonly T[] {
  return shard === null ? items : items.filter((_, i) => i % shard.count === shard.index);
}

/** Database of a part where none is named: `data/rstar.duckdb` is `data/rstar-03-of-64.duckdb`, so that names sort as numbers do. */
export function shardDatabase(db: string, { index, count }: Shard): string {
  const digits = String(count).length;
  return db.replace(/(\.duckdb)?$/, `-${String(index).padStart(digits, "0")}-of-${count}$1`);
}
