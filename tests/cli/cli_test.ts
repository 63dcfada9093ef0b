import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, runRstar } from "./_rstar.ts";

Deno.test("rstar --help lists every command", async () => {
  const { code, stdout } = await runRstar(["--help"]);
  assert.equal(code, 0);
  for (const command of ["synth", "sql", "grade", "doctor", "data", "init"]) {
    assert.match(stdout, new RegExp(`^  ${command}\\b`, "m"));
  }
});

Deno.test("rstar --help describes every command as its task does, and loads none of them", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const launched = Object.entries<{ description: string; command: string }>(tasks)
    .filter(([, { command }]) => command.includes("lib/cli/launch/main.ts"));
  // Without the right to foreign code DuckDB cannot be loaded, and so none of the commands that import it.
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-env", "--allow-sys", "main.ts", "--help"],
    cwd: ROOT,
  }).output();
  assert.ok(success);
  const help = new TextDecoder().decode(stdout).replaceAll(/\n {4,}/g, " ");
  for (const [name, { description }] of launched) {
    assert.match(help, new RegExp(`^  ${name} +${RegExp.escape(description)}$`, "m"));
  }
});

Deno.test("help COMMAND is COMMAND --help", async () => {
  const [help, flag] = [await runRstar(["help", "sql"]), await runRstar(["sql", "--help"])];
  assert.deepEqual(help, flag);
  assert.equal(help.code, 0);
});

Deno.test("synth --dry-run prints the plan and starts nothing", async () => {
  const { code, stdout, stderr } = await runRstar(["synth", "--dry-run", "--limit", "7"]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^Problems: 7 of "starter", seeds 0$/m);
  assert.match(stdout, /^Trees: 7, at most 56 rollouts$/m);
});

Deno.test.each<[string, readonly string[], RegExp]>([
  [
    "an unknown flag",
    ["synth", "--rolouts", "3"],
    /unknown option '--rolouts'\n\(Did you mean --rollouts\?\)/,
  ],
  ["an unknown command", ["sinth"], /unknown command 'sinth'\n\(Did you mean synth\?\)/],
  [
    "a value of the wrong type",
    ["synth", "--seed", "x"],
    /flag --seed: "x" for "seed": expected a number/,
  ],
  ["settings that contradict each other", ["synth", "--resume", "--new-run"], /give one/],
  [
    "a set that does not exist",
    ["synth", "--problems", "gsm9k_test"],
    /did you mean "gsm8k_test"\?/,
  ],
  [
    "a preset that needs a PPM",
    ["synth", "--preset", "starter/r3"],
    /guided by a PPM; name one with --ppm/,
  ],
  [
    "a missing configuration file",
    ["synth", "--config", "nowhere.jsonc"],
    /deno task init writes one/,
  ],
  [
    "a folder for a configuration file",
    ["synth", "--config", "lib"],
    /expected a file, got a folder/,
  ],
  ["a folder for a file of cases", ["grade", "--cases", "lib"], /expected a file, got a folder/],
  ["a file in a folder that is not there", ["init", "/nowhere/x"], /no such file or folder/],
  ["JSON that is none", ["synth", "--search", "{rollouts"], /for "search": expected JSON/],
  [
    "an unknown subcommand",
    ["runs", "lst"],
    /Cannot run "deno task runs lst": there is no such command; did you mean "list"\?/,
  ],
  ["a subcommand unlike any", ["eval", "frobnicate"], /there are list, show, compare, /],
])("rstar answers %s with one sentence and exit code 2", async (_name, args, message) => {
  const { code, stdout, stderr } = await runRstar(args);
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, message);
  assert.doesNotMatch(stderr, /\bat \S+:\d+/);
});

/** Command lines that a help text shows, as arguments. */
function shownLines(help: string): readonly (readonly string[])[] {
  return [...help.matchAll(/^ {4}deno task (.+)$/gm)].map(([, line = ""]) =>
    [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word)
  );
}

Deno.test.each(["synth", "evolve", "eval"])(
  "%s --help groups its settings and shows two command lines that are understood",
  async (command) => {
    const { stdout } = await runRstar([command, "--help"]);
    for (const heading of ["Problems", "Models", "Search", "Limits", "Files and output"]) {
      assert.match(stdout, new RegExp(`^${heading}:$`, "m"));
    }
    const lines = shownLines(stdout);
    assert.equal(lines.length, 2);
    for (const line of lines) {
      const { code, stderr } = await runRstar([...line, "--print-config"]);
      assert.deepEqual([code, stderr], [0, ""], line.join(" "));
    }
  },
);

Deno.test("help says what to type", async () => {
  const { stdout } = await runRstar(["synth", "--help"]);
  assert.match(stdout, /^Usage: deno task synth \[options\]$/m);
  assert.match(stdout, /Route of the policy;.*\s+.*;\s+one\s+of\s+completions,\s+chat/);
});

Deno.test("commands without a configuration take the database that a variable names", async () => {
  const { code, stderr } = await runRstar(["sql", "select 1"], { RSTAR_DB: "/nowhere/a.duckdb" });
  assert.equal(code, 2);
  assert.match(stderr, /Cannot use database "\/nowhere\/a.duckdb": there is no such file/);
});

Deno.test("a fault of the file system is a sentence, whoever did not expect it", async () => {
  const { code, stderr } = await runRstar(["data", "--convert", "/nowhere"]);
  assert.equal(code, 1);
  assert.match(stderr, /^error: Cannot go on: there is no such file or folder: .*sources\.json/);
  assert.doesNotMatch(stderr, /\bat \S+:\d+/);
});

Deno.test("synth --print-config shows every value and where it came from", async () => {
  const { stdout } = await runRstar(["synth", "--print-config", "--seed", "3"]);
  assert.match(stdout, /^seed = 3 {2}# flag$/m);
  assert.match(stdout, /^run = "synth" {2}# default$/m);
});

Deno.test("init writes a configuration file that synth reads, and never over another", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "rstar.jsonc");
    assert.equal((await runRstar(["init", path])).code, 0);
    assert.equal((await runRstar(["synth", "--config", path, "--dry-run"])).code, 0);
    const again = await runRstar(["init", path]);
    assert.deepEqual([again.code, again.stdout], [2, ""]);
    assert.match(again.stderr, /it exists already/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("sql says that there is no database", async () => {
  const { code, stderr } = await runRstar(["sql", "--db", "nowhere.duckdb", "select 1"]);
  assert.equal(code, 2);
  assert.match(stderr, /^error: Cannot .*"nowhere.duckdb".*$/m);
});
