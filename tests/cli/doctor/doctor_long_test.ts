/** `doctor` on machines on which something is missing: it says so and goes on to its last line. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../../with_folder.ts";
import { ROOT } from "../_rstar.ts";

/** Programs that no check may need, so that a search path of nothing else is a bare machine. */
const PLAIN = ["sh", "env", "dirname", "realpath", "cut"];

async function doctorWith(
  folder: string,
  { python, args = [] }: { readonly python: string | null; readonly args?: readonly string[] },
) {
  const project = join(folder, "project");
  await Deno.mkdir(join(folder, "bin"));
  await Deno.mkdir(project);
  for (const part of ["deno.json", "deno.lock", "import_map.json", "main.ts", "lib", "fixtures"]) {
    await new Deno.Command("cp", { args: ["-r", join(ROOT, part), project] }).output();
  }
  for (const name of PLAIN) {
    await Deno.symlink(`/usr/bin/${name}`, join(folder, "bin", name));
  }
  if (python !== null) {
    await Deno.writeTextFile(join(folder, "bin", "python3"), python, { mode: 0o755 });
  }
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--lock=deno.lock", "--frozen", "-P=launcher"],
      ...["lib/cli/launch/main.ts", "doctor", ...args],
    ],
    cwd: project,
    env: { PATH: join(folder, "bin") },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, lines: text.decode(stdout).trim().split("\n"), stderr: text.decode(stderr) };
}

/** Stands in for a Python that answers the question for its version, and cannot do anything else. */
const pythonOf = (version: string, otherwise: string) =>
  `#!/bin/sh\ncase "$*" in *version_info*) echo ${version};; *) ${otherwise};; esac\n`;

Deno.test.each<[string, string | null, RegExp]>([
  ["without python3", null, /^FAIL {2}Python of steps: Cannot find "python3".*apt-get install/],
  [
    "with an old python3",
    pythonOf("3 9", "exit 1"),
    /^FAIL {2}Python of steps: .*got 3\.9; install/,
  ],
  [
    "without venv",
    pythonOf("3 12", 'echo "No module named venv"; exit 1'),
    /^FAIL {2}Python of steps: .*apt-get install python3-venv/,
  ],
  ["with a python3 that dies", "#!/bin/sh\nkill -9 $$\n", /^FAIL {2}Python of steps: .*not start/],
])("doctor goes on to its last line %s", (_name, python, expected) =>
  withFolder(async (folder) => {
    const { code, lines, stderr } = await doctorWith(folder, { python });
    assert.equal(code, 1, stderr);
    assert.ok(lines.some((line) => expected.test(line)), lines.join("\n"));
    assert.ok(lines.every((line) => /^(ok {4}|warn {2}|FAIL {2}|\d+ ok, )/.test(line)));
    assert.match(lines.at(-1) ?? "", /^\d+ ok, \d+ warnings?, \d+ failures?: a run would stop/);
    assert.doesNotMatch(stderr, /error:|\bat \S+:\d+/);
  }));

Deno.test("doctor names what is wrong with a database and an endpoint, and says all of it as JSON", () =>
  withFolder(async (folder) => {
    await using html = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    );
    const db = join(folder, "a.duckdb");
    await Deno.writeTextFile(db, "no database");
    const { code, lines } = await doctorWith(folder, {
      python: null,
      args: [
        ...["--db", db, "--policy", `http://127.0.0.1:${html.addr.port}/v1`],
        ...["--ppm", "fixtures/starter/base", "--json"],
      ],
    });
    assert.equal(code, 1);
    const { ok, counts, findings, summary } = JSON.parse(lines.join(""));
    assert.equal(ok, false);
    assert.equal(counts.ok + counts.warn + counts.fail, findings.length);
    const levelOf = (start: string) =>
      findings.find(({ name }: { name: string }) => name.startsWith(start))?.level;
    assert.deepEqual(
      ["database", "policy", "PPM", "clock"].map(levelOf),
      ["fail", "fail", "ok", "ok"],
    );
    assert.match(summary, /failures: a run would stop/);
  }));
