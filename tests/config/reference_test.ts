import assert from "node:assert/strict";
import { z } from "zod";
import { configurationReference, meaningsOf } from "../../lib/config/mod.ts";

Deno.test("configurationReference() shows flag, variable, default and meaning under a setting's heading", () => {
  const schema = z.strictObject({
    maxTokens: z.int().default(9).describe("Tokens per segment, a|b"),
  });
  const text = configurationReference([{ command: "synth", schema }], []);
  assert.match(text, /### Search of `synth`/);
  assert.ok(
    text.includes("| `--max-tokens` | `RSTAR_MAX_TOKENS` | `9` | Tokens per segment, a\\|b |"),
    text,
  );
});

Deno.test("configurationReference() shows the first preset whole and of others what differs", () => {
  const schema = z.strictObject({ a: z.int().describe("First"), b: z.string().describe("Second") });
  const text = configurationReference([], [{
    title: "Rules",
    introduction: "Of --rules.",
    meanings: meaningsOf(schema),
    presets: { one: { a: 1, b: "x" }, two: { a: 2, b: "x" }, three: { a: 1, b: "x" } },
  }]);
  for (
    const line of [
      "| `a` | `1` | First |",
      '| `b` | `"x"` | Second |',
      "- `two`: `a 2`",
      "- `three`: the same",
    ]
  ) assert.ok(text.includes(line), line);
});
