import assert from "node:assert/strict";
import { commentedConfig, resolveConfig, settingsOf, SynthConfig } from "../../lib/config/mod.ts";

Deno.test("settingsOf() has a flag and a description for every setting", () => {
  for (const setting of settingsOf(SynthConfig)) {
    assert.match(setting.flag, /^--[a-z-]+$/);
    assert.notEqual(setting.description, "", setting.key);
  }
});

Deno.test("commentedConfig() is an empty configuration until a line is uncommented", () => {
  const text = commentedConfig(SynthConfig);
  const sources = { flags: {}, environment: {} };
  const untouched = resolveConfig(SynthConfig, { ...sources, file: { path: "c", text } });
  assert.deepEqual(untouched.config, resolveConfig(SynthConfig, sources).config);
  const edited = text.replace('// "seed": 0', '"seed": 5');
  assert.equal(
    resolveConfig(SynthConfig, { ...sources, file: { path: "c", text: edited } }).config.seed,
    5,
  );
});
