import assert from "node:assert/strict";
import {
  AblateConfig,
  commentedConfig,
  EvalConfig,
  EvolveConfig,
  resolveConfig,
  ScienceConfig,
  SETTING_GROUPS,
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
  assert.match(described["preset"] ?? "", /; one of default, general, paper\/r1, /);
});

const SCHEMAS = { SynthConfig, EvolveConfig, EvalConfig, AblateConfig, ScienceConfig };

Deno.test("every setting stands under one heading, and every heading's settings are there", () => {
  const known = new Set(Object.values(SCHEMAS).flatMap((schema) => Object.keys(schema.shape)));
  const listed = Object.values(SETTING_GROUPS).flat();
  assert.deepEqual([...known].filter((key) => !(listed as string[]).includes(key)), []);
  assert.deepEqual(listed.filter((key) => !known.has(key)), []);
  assert.equal(new Set(listed).size, listed.length);
});

Deno.test.each(Object.entries(SCHEMAS))(
  "every setting of %s that holds JSON has an example that is valid",
  (_name, schema) => {
    const settings = settingsOf(schema).filter(({ type }) => ["object", "record"].includes(type));
    for (const { key, example } of settings) {
      assert.ok(example !== null, key);
      const { error } = schema.safeParse({ [key]: JSON.parse(example) });
      assert.deepEqual(error?.issues.filter(({ path }) => path[0] === key) ?? [], [], key);
    }
  },
);
