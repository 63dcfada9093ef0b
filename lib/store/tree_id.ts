/** Numbers that identify one tree in a store. */
export interface TreeKey {
  readonly runNo: number;
  readonly roundNo: number;
  readonly problemNo: number;
  readonly seed: number;
}

const PARTS = [["runNo", 8n], ["roundNo", 4n], ["problemNo", 24n], ["seed", 12n]] as const;

/**
 * Packs a key into 48 bits: run 8, round 4, problem 24, seed 12. The same job always has the same id, which makes the primary
 * key of `tree` the exactly-once gate.
 *
 * @throws {RangeError} If a part does not fit its bits.
 */
export function packTreeId(key: TreeKey): bigint {
  let id = 0n;
  for (const [name, bits] of PARTS) {
    const value = key[name];
    const limit = 2 ** Number(bits);
    if (!Number.isInteger(value) || value < 0 || value >= limit) {
      throw new RangeError(
        `Cannot pack a tree id: expected ${name} to be an integer from 0 to ${
          limit - 1
        }, got ${value}`,
      );
    }
    id = (id << bits) | BigInt(value);
  }
  return id;
}

/**
 * The key that {@linkcode packTreeId} packed.
 *
 * @throws {RangeError} If the id has more than 48 bits.
 */
export function unpackTreeId(id: bigint): TreeKey {
  if (id < 0n || id >= 1n << 48n) {
    throw new RangeError(`Cannot unpack a tree id: expected 48 bits, got ${id}`);
  }
  return {
    runNo: Number(id >> 40n),
    roundNo: Number((id >> 36n) & 0xfn),
    problemNo: Number((id >> 12n) & 0xffffffn),
    seed: Number(id & 0xfffn),
  };
}
