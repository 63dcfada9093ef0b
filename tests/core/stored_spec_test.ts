import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import {
  hashJson,
  isSameSpec,
  type Json,
  partOfSpec,
  readSpec,
  type SpecKind,
  storedSpec,
  upgradeSpec,
  withField,
} from "../../lib/core/mod.ts";

const Leaf = z.strictObject({
  width: z.int(),
  rule: z.enum(["all", "first"]),
  cap: z.int().nullable(),
});

const LEAF: SpecKind<z.infer<typeof Leaf>> = {
  name: "leaf",
  schema: Leaf,
  added: [{ rule: "all" }, { cap: null }],
};

const Tree = z.strictObject({ name: z.string(), leaf: partOfSpec(LEAF), seed: z.int() });

const TREE: SpecKind<z.infer<typeof Tree>> = {
  name: "tree",
  schema: Tree,
  added: [{ seed: 0 }],
  parts: (spec) => withField(spec, "leaf", (leaf) => upgradeSpec(LEAF, leaf)),
};

const today = { name: "a", leaf: { width: 3, rule: "all", cap: null }, seed: 0 };

Deno.test("storedSpec() carries the version of the specification and of its parts", () => {
  assert.deepEqual(storedSpec(TREE, { ...today, unset: undefined }), {
    name: "a",
    leaf: { width: 3, rule: "all", cap: null, version: 2 },
    seed: 0,
    version: 1,
  });
});

Deno.test.each<[string, Json]>([
  ["none of them has a version", { name: "a", leaf: { width: 3 } }],
  ["its part is of version 1", { name: "a", leaf: { width: 3, rule: "all", version: 1 } }],
  ["it is of today's", storedSpec(TREE, today)],
])("readSpec() gives fields that came later what was done before: %s", (_name, stored) => {
  assert.deepEqual(readSpec(TREE, stored), today);
  assert.deepEqual(upgradeSpec(TREE, stored), storedSpec(TREE, today));
});

Deno.test("readSpec() refuses a later version, and what is damaged", () => {
  assert.throws(() => readSpec(LEAF, { width: 3, version: 3 }), {
    name: "UsageError",
    message: "Cannot read the stored leaf: expected version 2 or earlier, got 3; " +
      "use the version of rstar that stored it, or a later one",
  });
  assert.throws(() => readSpec(LEAF, { width: "3", version: 1, rule: "all" }), {
    name: "UsageError",
    message: /^Cannot read the stored leaf of version 1: .*width/,
  });
  assert.throws(() => readSpec(TREE, null), {
    name: "UsageError",
    message: /stored tree of version 0/,
  });
});

Deno.test("isSameSpec() tells what means the same from what does not, over versions", () => {
  const upgrade = (stored: Json) => upgradeSpec(LEAF, stored);
  const spec = storedSpec(LEAF, { width: 3, rule: "all", cap: null });
  const stored = (json: Json) => ({ spec: json, specHash: hashJson(json) });
  assert.ok(isSameSpec({ spec, upgrade }, stored({ width: 3 })));
  assert.ok(!isSameSpec({ spec }, stored({ width: 3 })));
  assert.ok(!isSameSpec({ spec, upgrade }, stored({ width: 4 })));
  assert.ok(!isSameSpec({ spec, upgrade }, stored({ width: 3, rule: "first" })));
  assert.ok(!isSameSpec({ spec, upgrade }, stored({ ...spec, version: 3 })));
  assert.ok(!isSameSpec({ spec, upgrade }, stored(null)));
});

Deno.test("what is stored is what is read; upgrading once more changes nothing", () => {
  const leaf = fc.record({
    width: fc.integer(),
    rule: fc.constantFrom("all" as const, "first" as const),
    cap: fc.option(fc.integer()),
  }, { noNullPrototype: true });
  fc.assert(fc.property(leaf, (spec) => {
    const stored = storedSpec(LEAF, spec);
    assert.deepEqual(readSpec(LEAF, stored), spec);
    assert.deepEqual(upgradeSpec(LEAF, stored), stored);
  }));
});
