import assert from "node:assert/strict";

/** Asserts that two numbers agree to so many digits, relative to the larger one. */
export function assertClose(actual: number, expected: number, tolerance = 1e-9): void {
  const scale = Math.max(Math.abs(actual), Math.abs(expected), 1e-300);
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(scale, tolerance),
    `expected ${expected} within ${tolerance}, got ${actual}`,
  );
}
