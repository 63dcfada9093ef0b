import assert from "node:assert/strict";
import { CLI_ROOMS, ROOMS } from "./architecture.ts";
import { importCircles, importsOf } from "./import_circles.ts";
import plugin from "./lint_plugin.ts";

const root = new URL("../", import.meta.url);

async function* sourceFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) yield* sourceFiles(`${path}/`);
    else if (/\.tsx?$/.test(path)) yield path;
  }
}

function diagnostics(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, new URL(path, root).pathname, source).map((d) => d.message);
}

Deno.test("every file of lib keeps the house rules", async () => {
  const found: string[] = [];
  for await (const path of sourceFiles("lib/")) {
    const source = await Deno.readTextFile(new URL(path, root));
    found.push(...diagnostics(path, source).map((message) => `${path}: ${message}`));
  }
  assert.deepEqual(found, []);
});

Deno.test("no files of lib import each other in a circle, for values or for types", async () => {
  const imports = new Map<string, readonly string[]>();
  for await (const path of sourceFiles("lib/")) {
    imports.set(path, importsOf(path, await Deno.readTextFile(new URL(path, root))));
  }
  assert.deepEqual(importCircles(imports), []);
});

Deno.test("circles of imports are found through types, doors and lazy imports", () => {
  const sources = {
    "lib/a/one.ts": 'import type { Two } from "./two.ts";\nlet a: Two;',
    "lib/a/two.ts": 'import { three } from "../b/mod.ts";\nthree;',
    "lib/b/mod.ts": 'export * from "./three.ts";\nexport { four } from "./four.ts";',
    "lib/b/three.ts": 'export const three = () => import("../a/one.ts");',
    "lib/b/four.ts": 'import "./three.ts";\nimport { z } from "zod";\nz;\n// import "./mod.ts"',
    "lib/b/self.ts": 'import { a } from "./self.ts";\na;',
  };
  const imports = new Map(
    Object.entries(sources).map(([path, source]) => [path, importsOf(path, source)]),
  );
  assert.deepEqual(importCircles(imports), [
    ["lib/a/one.ts", "lib/a/two.ts", "lib/b/four.ts", "lib/b/mod.ts", "lib/b/three.ts"],
    ["lib/b/self.ts"],
  ]);
  assert.deepEqual(importCircles(new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]])), []);
});

Deno.test("every folder of lib is a room with a door and a rule", async () => {
  for await (const entry of Deno.readDir(new URL("lib/", root))) {
    assert.ok(entry.isDirectory, `lib/${entry.name} is not a room`);
    assert.ok(entry.name === "cli" || entry.name in ROOMS, `lib/${entry.name} has no rule`);
    await Deno.stat(new URL(`lib/${entry.name}/mod.ts`, root));
  }
});

Deno.test("the import rule refuses an upward import, a side door and a foreign package", () => {
  assert.deepEqual(
    diagnostics("lib/core/x.ts", 'import { a } from "../store/mod.ts";\na;'),
    ["lib/core may not import lib/store"],
  );
  assert.deepEqual(
    diagnostics("lib/domain/x.ts", 'import { a } from "../grading/extract.ts";\na;'),
    ["other rooms are imported through their door: use lib/grading/mod.ts"],
  );
  assert.deepEqual(
    diagnostics("lib/search/x.ts", 'import { a } from "../sandbox/mod.ts";\na;'),
    ["lib/search may import only types from lib/sandbox"],
  );
  assert.deepEqual(
    diagnostics("lib/search/x.ts", 'import type { A } from "../sandbox/sandbox.ts";\nlet a: A;'),
    [],
  );
  assert.deepEqual(
    diagnostics("lib/store/x.ts", 'import OpenAI from "openai";\nOpenAI;'),
    ['"openai" may only be imported in lib/endpoint'],
  );
});

Deno.test("the owner rule refuses a process, the environment and the console outside their rooms", () => {
  assert.deepEqual(diagnostics("lib/store/x.ts", 'new Deno.Command("x");'), [
    '"Deno.Command" may only be used in lib/process',
  ]);
  assert.deepEqual(diagnostics("lib/core/x.ts", 'console.log("x");'), [
    '"console" may only be used in lib/cli',
  ]);
  assert.deepEqual(diagnostics("lib/cli/x.ts", 'console.log(Deno.env.get("x"));'), []);
});

Deno.test("no command forges the configuration of another one", () => {
  assert.deepEqual(
    diagnostics("lib/cli/x.ts", "const a = SynthConfig.parse({ quiet: true });\na;").map((one) =>
      one.slice(0, 47)
    ),
    ["a configuration comes from the user through com"],
  );
  assert.deepEqual(diagnostics("lib/cli/x.ts", "const a = Sampling.parse({});\na;"), []);
  assert.deepEqual(diagnostics("tests/x.ts", "const a = SynthConfig.parse({});\na;"), []);
});

Deno.test("the docstring rule refuses an undocumented export", () => {
  assert.deepEqual(diagnostics("lib/core/x.ts", "export const a = 1;"), [
    "an exported symbol needs a docstring",
  ]);
  assert.deepEqual(
    diagnostics("lib/core/x.ts", "/** One of the first numbers. */\nexport const a = 1;"),
    [],
  );
});

Deno.test("the doc comment rule refuses a first word that names nothing", () => {
  const refused = ["say first what the thing is: a verb or a noun"];
  for (
    const path of ["lib/core/x.ts", "lib/viewer/client/x.tsx", "tests/x.ts", "benchmarks/x.ts"]
  ) {
    assert.deepEqual(diagnostics(path, "/** What a run left. */\nlet a = 1;\na;"), refused);
    assert.deepEqual(diagnostics(path, "/**\n * What a run left.\n */\nlet a = 1;\na;"), refused);
  }
  assert.deepEqual(
    diagnostics(
      "lib/core/x.ts",
      "interface A {\n  /** What it is. */\n  readonly a: 1;\n}\nlet a: A;",
    ),
    refused,
  );
  assert.deepEqual(
    diagnostics("lib/core/x.ts", "let a = 1;\na;\n/** What a run left. */"),
    refused,
  );
  for (
    const source of [
      "/** Files that a run left. What else there is stays. */",
      "/**\n * Files that a run left.\n * What else there is stays.\n */",
      "/** Whatever a run left. */",
      "/* What a run left. */",
      "// What a run left.",
      'let a = "/** What a run left. */";',
    ]
  ) {
    assert.deepEqual(diagnostics("lib/core/x.ts", source), []);
  }
  assert.deepEqual(diagnostics("evals/x.ts", "/** What a run left. */"), []);
});

Deno.test("an object literal is not spread into another one; a conditional part is", () => {
  const refused = ["write the properties themselves, without `...{ }`"];
  assert.deepEqual(diagnostics("lib/core/x.ts", "const a = 1;\n({ ...{ a } });"), refused);
  assert.deepEqual(diagnostics("tests/x.ts", "const a = 1;\n({ ...({ a } as const) });"), refused);
  assert.deepEqual(diagnostics("lib/core/x.ts", "const a = 1;\n({ ...(a ? { a } : {}) });"), []);
});

Deno.test("a docstring says more than the name of what it documents", () => {
  const refused = ["a docstring says more than the name"];
  assert.deepEqual(
    diagnostics("lib/core/x.ts", "/** A chart. */\nexport const chart = 1;"),
    refused,
  );
  assert.deepEqual(
    diagnostics("lib/core/x.ts", "/** An open run. */\nexport const run = 1;"),
    refused,
  );
  assert.deepEqual(
    diagnostics("lib/core/x.ts", "/** Charts over time. */\nexport const a = 1;"),
    [],
  );
});

Deno.test("the folders of the command line import one way, too", () => {
  assert.deepEqual(
    diagnostics("lib/cli/terminal/x.ts", 'import { a } from "../commands/synth.ts";\na;'),
    ["lib/cli/terminal may not import lib/cli/commands"],
  );
  assert.deepEqual(
    diagnostics("lib/cli/observe/x.ts", 'import { a } from "../terminal/output.ts";\na;'),
    ["lib/cli/observe may import only types from lib/cli/terminal"],
  );
  assert.deepEqual(
    diagnostics("lib/cli/commands/x.ts", 'import { a } from "../terminal/output.ts";\na;'),
    [],
  );
  assert.deepEqual(
    diagnostics("lib/cli/attic/x.ts", 'import { a } from "../host.ts";\na;'),
    ["lib/cli/attic has no rule yet: add it to tests/architecture.ts"],
  );
});

Deno.test("every folder of the command line has a rule", async () => {
  for await (const { name, isDirectory } of Deno.readDir(new URL("lib/cli/", root))) {
    assert.ok(!isDirectory || name in CLI_ROOMS, `lib/cli/${name} has no rule`);
  }
});
