import { createHash } from "node:crypto";

/** A value that has one JSON form. */
export type Json = string | number | boolean | null | readonly Json[] | {
  readonly [key: string]: Json;
};

/** JSON with sorted keys: equal values give equal text, whatever the order in which they were built. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256 of a value's canonical JSON (64 hexadecimal digits). */
export function hashJson(value: Json): string {
  return sha256(canonicalJson(value));
}

/** SHA-256 of UTF-8 text or of bytes (64 hexadecimal digits). */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/**
 * A seed that depends on nothing but its parts: every random choice of a search is `hash(tree seed, node path, draw batch)`
 * (docs/search.md, "Order and randomness"), so that no shared stream couples one tree, or one node, to another.
 *
 * @returns An integer in [0, 2^31).
 */
export function hashSeed(...parts: readonly (string | number)[]): number {
  const digest = createHash("sha256").update(parts.map((p) => `${typeof p}:${p}`).join("\u0000"))
    .digest();
  return digest.readUInt32BE(0) >>> 1;
}
