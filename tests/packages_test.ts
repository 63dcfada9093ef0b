/** Which npm packages belong to whom, so that a user fetches nothing that only tests need. */
import assert from "node:assert/strict";
import { z } from "zod";

const root = new URL("../", import.meta.url);

async function readJson<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
  return schema.parse(JSON.parse(await Deno.readTextFile(new URL(path, root))));
}

const ImportMap = z.strictObject({
  imports: z.record(z.string(), z.string()),
  scopes: z.record(z.string(), z.record(z.string(), z.string())),
});
const Config = z.looseObject({ tasks: z.record(z.string(), z.object({ command: z.string() })) });
const Info = z.object({ modules: z.array(z.object({ specifier: z.string() })) });

async function info(entry: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--quiet", "--json", "--lock=deno.lock", "--frozen", entry],
    cwd: root,
  }).output();
  return Info.parse(JSON.parse(new TextDecoder().decode(stdout)))
    .modules.map(({ specifier }) => specifier);
}

/** `npm:/csv-parse@7.0.3/sync` and `npm:csv-parse@7.0.3` name the same package. */
function packageOf(specifier: string): string {
  return /^npm:\/?((?:@[^/]+\/)?[^@/]+@[^/]+)/.exec(specifier)?.[1] ?? assert.fail(specifier);
}

Deno.test("deno.json names no package and no lock that is committed: deno task would fetch all of them", async () => {
  const config = await readJson("deno.json", Config);
  const member = await readJson("lib/viewer/client/deno.json", z.looseObject({}));
  for (const key of ["imports", "scopes"]) assert.ok(!(key in config) && !(key in member), key);
  assert.deepEqual(config["lock"], { path: ".rstar/deno.lock" });
});

Deno.test("every task runs what is locked, and nothing else", async () => {
  const { tasks } = await readJson("deno.json", Config);
  for (const [name, { command }] of Object.entries(tasks)) {
    assert.match(command, / --lock=deno\.lock --frozen /, name);
  }
});

Deno.test("the packages of the product are those that main.ts imports", async () => {
  const { imports } = await readJson("import_map.json", ImportMap);
  const imported = (await info("main.ts")).filter((specifier) => specifier.startsWith("npm:"));
  assert.deepEqual(
    [...new Set(imported.map(packageOf))].toSorted(),
    Object.values(imports).map(packageOf).toSorted(),
  );
});

Deno.test("the launcher loads no package before a file of settings asks for the parser", async () => {
  const { imports } = await readJson("import_map.json", ImportMap);
  const packages = (await info("lib/cli/launch/main.ts"))
    .filter((specifier) => specifier.startsWith("npm:")).map(packageOf);
  assert.deepEqual(packages, [packageOf(imports["jsonc-parser"] ?? "")]);
});
