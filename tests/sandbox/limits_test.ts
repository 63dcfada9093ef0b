import assert from "node:assert/strict";
import { resolveLimits } from "../../lib/sandbox/limits.ts";

Deno.test("resolveLimits() fills in every default", () => {
  assert.deepEqual(resolveLimits(), {
    wallMs: 5_000,
    cpuMs: 5_000,
    memoryBytes: 536_870_912,
    maxOutputBytes: 65_536,
    keptOutputBytes: 4_096,
    maxCodeBytes: 1_048_576,
  });
});

Deno.test("resolveLimits() refuses unknown names, fractions and a kept output that exceeds the whole", () => {
  assert.throws(() => resolveLimits({ wallMs: 1.5 }), /expected int/);
  assert.throws(() => resolveLimits({ wallMs: 0 }), /Too small/);
  assert.throws(
    () => resolveLimits({ maxOutputBytes: 10, keptOutputBytes: 11 }),
    /keptOutputBytes must not exceed maxOutputBytes/,
  );
  const typo: object = { wallms: 5 };
  assert.throws(() => resolveLimits(typo), /unrecognized_keys/);
});
