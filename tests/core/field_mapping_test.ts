import assert from "node:assert/strict";
import { FieldMappingSetting } from "../../lib/core/mod.ts";

Deno.test.each<[string, unknown]>([
  ["question=prompt.0.content, answer=gold", { question: "prompt.0.content", answer: "gold" }],
  ["id=nr", { id: "nr" }],
])("FieldMappingSetting reads %s", (text, expected) => {
  assert.deepEqual(FieldMappingSetting.parse(text), expected);
  assert.deepEqual(FieldMappingSetting.parse(expected), expected);
});

Deno.test.each(["question", "question=", "text=a", "question=a=b", ""])(
  "FieldMappingSetting refuses %s and says what is expected",
  (text) => {
    const result = FieldMappingSetting.safeParse(text);
    assert.match(result.error?.message ?? "", /expected NAME=FIELD pairs/);
  },
);
