import assert from "node:assert/strict";
import { pairRules, RULE_PRESETS, sftRules } from "../../lib/export/mod.ts";

Deno.test("every preset is valid, and an override replaces its one rule", () => {
  for (const preset of RULE_PRESETS) {
    const { perProblem, ...rest } = sftRules(preset, { perProblem: 5 });
    const whole = sftRules(preset);
    assert.deepEqual({ ...rest, perProblem: whole.perProblem }, whole);
    assert.equal(perProblem, 5);
    pairRules(preset);
  }
});

Deno.test("rules say which one is unknown or out of range", () => {
  assert.throws(() => sftRules("paper", { perProblm: 3 }), {
    name: "ConfigError",
    message: "Cannot use these rules for policy data: there is no such key: perProblm",
  });
  assert.throws(() => pairRules("default", { minMargin: 3 }), {
    name: "ConfigError",
    message: /^Cannot use these rules for preference pairs: minMargin: /,
  });
});

Deno.test("rules that contradict each other are refused", () => {
  assert.throws(() => pairRules("paper", { rollouts: 4 }), {
    message:
      "Cannot use these rules for preference pairs: q: expected outcomes with rollouts, whose mixed Q is not known",
  });
  assert.throws(() => sftRules("default", { order: "score" }), {
    message: /scorer: expected a number with order score/,
  });
});
