import assert from "node:assert/strict";
import { resolveConfig, SynthConfig } from "../../lib/config/mod.ts";

const none = { flags: {}, environment: {} };
const file = (text: string) => ({ ...none, file: { path: "rstar.jsonc", text } });

function message(sources: Parameters<typeof resolveConfig>[1]): string {
  try {
    resolveConfig(SynthConfig, sources);
  } catch (error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  return "no error";
}

Deno.test("resolveConfig() takes defaults, file, environment and flags in rising order", () => {
  const { config, origins } = resolveConfig(SynthConfig, {
    flags: { seed: "4" },
    environment: { RSTAR_SEED: "3", RSTAR_TREES: "2", HOME: "x" },
    file: { path: "rstar.jsonc", text: '{ "seed": 1, "trees": 1, /* note */ "limit": 7, }' },
  });
  assert.deepEqual([config.seed, config.trees, config.limit, config.run], [4, 2, 7, "synth"]);
  assert.deepEqual(
    [origins["seed"], origins["trees"], origins["limit"], origins["run"]],
    ["flag", "environment", "file", "default"],
  );
});

Deno.test("resolveConfig() turns text into lists, durations, switches and numbers", () => {
  const { config } = resolveConfig(SynthConfig, {
    ...none,
    flags: {
      policy: "http://a:1/v1, http://b:2/v1",
      budgetTime: "2m",
      dryRun: true,
      concurrency: "auto",
      workers: "3",
    },
  });
  assert.deepEqual(config.policy, ["http://a:1/v1", "http://b:2/v1"]);
  assert.deepEqual(
    [config.budgetTime, config.dryRun, config.concurrency, config.workers],
    [120, true, "auto", 3],
  );
});

Deno.test("resolveConfig() names an unknown key and what was meant", () => {
  assert.equal(
    message(file('{ "rolouts": 3 }')),
    'ConfigError: Cannot use key "rolouts" in "rstar.jsonc": there is no such setting; did you mean "rollouts"?',
  );
  assert.equal(
    message({ ...none, environment: { RSTAR_SEEED: "3" } }),
    'ConfigError: Cannot use variable "RSTAR_SEEED": there is no such setting; did you mean "RSTAR_SEED"?',
  );
});

Deno.test("resolveConfig() names place, value and field of a wrong type", () => {
  assert.equal(
    message({ ...none, flags: { seed: "many" } }),
    'ConfigError: Cannot use flag --seed: "many" for "seed": expected a number',
  );
  assert.match(
    message(file('{ "search": { "merge": 3 } }')),
    /Cannot use "rstar.jsonc": .* for "search.merge": expected true or false/,
  );
  assert.match(
    message({ ...none, flags: { preset: "r9" } }),
    /expected one of default, general, paper\/r1/,
  );
  assert.match(message({ ...none, flags: { budgetTime: "soon" } }), /expected a duration/);
  assert.match(message({ ...none, flags: { policy: "host:1" } }), /such as http:\/\/host:8000\/v1/);
  assert.match(message({ ...none, flags: { concurrency: "x" } }), /expected auto or a number/);
});

Deno.test("resolveConfig() names an unknown key of an object and what was meant", () => {
  assert.equal(
    message({ ...none, flags: { search: '{"rolouts": 3}' } }),
    'ConfigError: Cannot use flag --search: there is no setting "search.rolouts"; did you mean "rollouts"?',
  );
});

Deno.test.each(["rollouts", "{rollouts: }", '{"rollouts": 3', ""])(
  "resolveConfig() refuses %s where JSON is wanted, rather than pass it by",
  (search) => {
    assert.match(message({ ...none, flags: { search } }), /for "search": expected JSON, e\.g\. /);
  },
);

Deno.test("resolveConfig() takes durations as text and as seconds", () => {
  const seconds = (value: string) => resolveConfig(SynthConfig, file(`{"treeTimeout": ${value}}`));
  assert.deepEqual(
    ['"2m"', "90", '"90"'].map((value) => seconds(value).config.treeTimeout),
    [120, 90, 90],
  );
  assert.equal(resolveConfig(SynthConfig, none).config.treeTimeout, 3600);
  assert.match(message(file('{"treeTimeout": -1}')), /expected a duration such as 90s/);
});

Deno.test("resolveConfig() names contradicting settings", () => {
  assert.match(
    message({ ...none, flags: { resume: true, newRun: true } }),
    /resume insists on an existing run and newRun starts another; give one/,
  );
  assert.match(
    message({ ...none, flags: { record: "a", replay: "b" } }),
    /record and replay exclude one another/,
  );
});

Deno.test("resolveConfig() names the line of a file that is no JSON", () => {
  assert.equal(
    message(file('{\n  "seed": 1\n  "limit": 2\n}')),
    'ConfigError: Cannot read configuration "rstar.jsonc": line 3: comma expected',
  );
  assert.equal(
    message(file("[]")),
    'ConfigError: Cannot read configuration "rstar.jsonc": expected an object of settings',
  );
});
