import assert from "node:assert/strict";
import {
  commentedConfig,
  EvalConfig,
  EvolveConfig,
  resolveConfig,
  settingsOf,
  SynthConfig,
} from "../../lib/config/mod.ts";

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

Deno.test.each([["synth", SynthConfig], ["evolve", EvolveConfig], ["eval", EvalConfig]] as const)(
  "commentedConfig() of %s means the same with every default uncommented",
  (_name, schema) => {
    const text = commentedConfig(schema)
      .replaceAll(/^ {2}\/\/ ("\w+": (?!…).*)$/gm, "  $1");
    const sources = { flags: {}, environment: {} };
    const { config, origins } = resolveConfig(schema, { ...sources, file: { path: "c", text } });
    assert.deepEqual(config, resolveConfig(schema, sources).config);
    assert.equal(origins["db"], "file");
  },
);

Deno.test("settingsOf() lists the choices of a setting", () => {
  const described = Object.fromEntries(
    settingsOf(SynthConfig).map(({ key, description }) => [key, description]),
  );
  assert.match(described["policyApi"] ?? "", /; one of completions, chat$/);
  assert.match(described["preset"] ?? "", /; one of default, paper\/r1, /);
});
