import assert from "node:assert/strict";
import { z } from "zod";
import { describeIssues } from "../../lib/core/mod.ts";

const Value = z.strictObject({
  count: z.int().min(1).max(9).optional(),
  share: z.number().positive().lt(1).optional(),
  name: z.string().min(1).max(3).optional(),
  kind: z.enum(["a", "b"]).optional(),
  list: z.array(z.string()).min(1).optional(),
  url: z.url().optional(),
  slots: z.union([z.literal("auto"), z.int().min(1)]).optional(),
  inner: z.strictObject({ flag: z.boolean() }).optional(),
});

Deno.test.each<[unknown, string]>([
  [{ count: "x" }, "v.count: expected a number"],
  [{ count: 1.5 }, "v.count: expected a whole number"],
  [{ count: 0 }, "v.count: expected at least 1"],
  [{ count: 10 }, "v.count: expected at most 9"],
  [{ share: 0 }, "v.share: expected more than 0"],
  [{ share: 1 }, "v.share: expected less than 1"],
  [{ name: "" }, "v.name: expected some text, got none"],
  [{ name: "long" }, "v.name: expected at most 3 characters"],
  [{ kind: "c" }, "v.kind: expected one of a, b"],
  [{ list: [] }, "v.list: expected at least 1 of them"],
  [{ url: "x" }, "v.url: expected an address such as http://host:8000/v1"],
  [{ slots: true }, "v.slots: expected auto or a number"],
  [{ inner: { flag: 1 } }, "v.inner.flag: expected true or false"],
  [{ inner: {} }, "v.inner.flag: expected true or false"],
  [{ other: 1 }, "v: there is no such key: other"],
  [[], "v: expected an object"],
  [{ count: 0, kind: "c" }, "v.count: expected at least 1; v.kind: expected one of a, b"],
])("describeIssues() says what was expected of %o", (value, text) => {
  const { error } = Value.safeParse(value);
  assert.ok(error);
  assert.equal(describeIssues(error, "v"), text);
});

Deno.test("describeIssues() names no place where the value itself is meant", () => {
  const { error } = z.string().safeParse(1);
  assert.ok(error);
  assert.equal(describeIssues(error), "expected text");
});
