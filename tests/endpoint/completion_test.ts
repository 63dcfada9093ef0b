import assert from "node:assert/strict";
import fc from "fast-check";
import { apportion, readChoice, shareTokens } from "../../lib/endpoint/_completion.ts";

const STOPS = ["<end_of_step>", "<end_of_code>"] as const;

Deno.test("readChoice() never leaves text behind the first stop string, and loses none before it", () => {
  const piece = fc.constantFrom(...STOPS, "a", "<end_of_", "step>", "\n", "x = 1");
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
  const reason = fc.option(fc.constantFrom(...STOPS, "</s>", 7));
  const finish = fc.constantFrom("stop" as const, "length" as const);
  fc.assert(
    fc.property(text, finish, reason, (text, finish_reason, stop_reason) => {
      const choice = { text, finish_reason, stop_reason };
      const { completion, wasCut } = readChoice(choice, { stop: STOPS }, 40);
      assert.ok(completion.tokens >= 0 && completion.tokens <= 40);
      const stop = completion.stopString;
      assert.equal(completion.finishReason === "stop_string", stop !== null);
      if (stop === null) {
        assert.equal(completion.text, text);
        assert.ok(!STOPS.some((one) => text.includes(one)));
        return;
      }
      assert.ok(completion.text.endsWith(stop));
      const before = completion.text.slice(0, -stop.length);
      assert.ok(!STOPS.some((one) => before.includes(one)));
      assert.ok(text.startsWith(before));
      assert.equal(wasCut, completion.text.length < text.length);
    }),
    { seed: 20261125 },
  );
});

Deno.test("readChoice() takes the stop string that ends first", () => {
  const { completion } = readChoice(
    { text: "a<end>b", finish_reason: "stop" },
    { stop: ["<end>b", "<end>"] },
    7,
  );
  assert.deepEqual([completion.text, completion.stopString], ["a<end>", "<end>"]);
});

Deno.test("shareTokens() and apportion() share out everything, each its part", () => {
  assert.deepEqual(shareTokens(["", "123"], 10), [2, 8]);
  const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1 });
  fc.assert(
    fc.property(weights, fc.nat(1_000_000), (weights, whole) => {
      const parts = apportion(weights, whole);
      const total = weights.reduce((a, b) => a + b, 0);
      assert.equal(parts.reduce((a, b) => a + b, 0), whole);
      parts.forEach((part, i) => {
        assert.ok(Number.isInteger(part));
        assert.ok(Math.abs(part - (weights[i] ?? 0) / total * whole) <= 1);
      });
    }),
    { seed: 20261125 },
  );
});
