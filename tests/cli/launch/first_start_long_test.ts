/** The first start on a machine that never saw the project: what is fetched, and what a user reads meanwhile. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../../with_folder.ts";
import { ROOT } from "../_rstar.ts";

async function copyProject(folder: string): Promise<void> {
  const parts = ["deno.json", "deno.lock", "import_map.json", "main.ts", "lib"];
  const { success } = await new Deno.Command("cp", {
    args: ["-r", ...parts.map((part) => join(ROOT, part)), folder],
  }).output();
  assert.ok(success);
}

async function task(project: string, args: readonly string[], env: Record<string, string>) {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", ...args],
    cwd: project,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  return { code, lines: new TextDecoder().decode(stderr).trim().split("\n") };
}

/** Names of packages in Deno's folder, whatever the registry. */
async function packages(cache: string): Promise<string[]> {
  const names: string[] = [];
  for await (const host of Deno.readDir(join(cache, "npm"))) {
    for await (const entry of Deno.readDir(join(cache, "npm", host.name))) names.push(entry.name);
  }
  return names;
}

Deno.test("the first start says in one line what it fetches, and fetches all that commands need and no more", () =>
  withFolder(async (folder) => {
    await copyProject(folder);
    const cache = join(folder, "cache");
    const first = await task(folder, ["sql", "--help"], { DENO_DIR: cache });
    assert.equal(first.code, 0, first.lines.join("\n"));
    assert.equal(first.lines.length, 2, first.lines.join("\n"));
    assert.match(first.lines[0] ?? "", /^Task sql /);
    assert.match(first.lines[1] ?? "", /^First start: fetching \d+ npm packages .* once/);
    const there = await packages(cache);
    for (const name of ["@duckdb", "openai", "linkedom"]) assert.ok(there.includes(name), name);
    for (const name of ["axe-core", "fast-check", "playwright-core", "preact", "@types"]) {
      assert.ok(!there.includes(name), name);
    }
    const second = await task(folder, ["sql", "--help"], { DENO_DIR: cache });
    assert.deepEqual([second.code, second.lines.length], [0, 1], second.lines.join("\n"));
  }));

Deno.test("a first start without a network says what is missing and what to do", () =>
  withFolder(async (folder) => {
    await copyProject(folder);
    const { code, lines } = await task(folder, ["sql", "--help"], {
      DENO_DIR: join(folder, "cache"),
      // Nobody listens on the port of "discard": as unreachable as a registry can be made here.
      ...Object.fromEntries(
        ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"].map((name) => [
          name,
          "http://127.0.0.1:9",
        ]),
      ),
      NO_PROXY: "",
      no_proxy: "",
    });
    assert.equal(code, 1, lines.join("\n"));
    assert.match(
      lines.join("\n"),
      /^error: Cannot fetch the npm packages .*; this needs the npm registry once: set https_proxy .* copy Deno.s cache \(DENO_DIR\)/m,
    );
  }));

Deno.test("a first start with a folder of Deno's that is none says what to do", () =>
  withFolder(async (folder) => {
    await copyProject(folder);
    // Modes bind no root, but nobody makes a folder in a file.
    const { code, lines } = await task(folder, ["sql", "--help"], {
      DENO_DIR: join(folder, "deno.json", "cache"),
    });
    assert.equal(code, 2, lines.join("\n"));
    assert.match(lines.join("\n"), /^error: Cannot find out where .* set DENO_DIR to a folder/m);
  }));
