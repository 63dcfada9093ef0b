/** Commands as their tasks start them: through the launcher, with exactly what it grants. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { modelTest } from "../../engine/_models.ts";
import { withFolder } from "../../with_folder.ts";
import { additionEndpoint, additionProblems } from "../_addition_world.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

function startTask(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "-P=launcher", "lib/cli/launch/main.ts", ...args],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function runTask(args: readonly string[]) {
  const { code, stdout, stderr } = await startTask(args).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

async function withWorld(
  body: (
    folder: string,
    synth: readonly string[],
    hold: (count: number) => Promise<void>,
  ) => Promise<void>,
) {
  const folder = await Deno.makeTempDir({ prefix: "rstar_" });
  await using endpoint = additionEndpoint();
  try {
    const problems = join(folder, "sums.jsonl");
    await Deno.writeTextFile(problems, additionProblems(6));
    const reached = (count: number) =>
      new Promise<void>((resolve) => {
        endpoint.onRequest = (seen) => {
          if (seen === count) resolve();
        };
      });
    await body(folder, [
      ...["synth", "--problems", problems, "--policy", endpoint.url, "--preset", "default"],
      ...["--db", join(folder, "a.duckdb"), "--workers", "1"],
    ], reached);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("every command does its work with what the launcher grants", () =>
  withWorld(async (folder, synth) => {
    const db = ["--db", join(folder, "a.duckdb")];
    const cases = join(folder, "cases.jsonl");
    await Deno.writeTextFile(cases, '{"id":1,"kind":"equiv","gold":"1/2","pred":"0.5"}\n');
    const commands: readonly (readonly string[])[] = [
      synth,
      ["sql", ...db, "select count(*) from tree"],
      ["sql", ...db, "select 1 as a", "--format", "parquet", "--out", join(folder, "a.parquet")],
      ["runs", ...db],
      ["runs", "snapshot", join(folder, "copy.duckdb"), ...db],
      ["runs", "compact", ...db],
      ["report", ...db],
      ["export", ...db, "--out", join(folder, "data")],
      ["eval", "list", ...db],
      ["grade", "--cases", cases],
      ["data"],
      ["init", join(folder, "rstar.jsonc")],
      ["synth", "--config", join(folder, "rstar.jsonc"), "--dry-run"],
      ["evolve", "--dry-run", ...db],
      ["eval", "--dry-run", ...db],
      ["starter", "--help"],
    ];
    for (const command of commands) {
      const { code, stderr } = await runTask(command);
      assert.equal(code, 0, `${command.join(" ")}: ${stderr}`);
    }
  }));

Deno.test("the launcher shows what it grants, and does nothing", async () => {
  const { code, stdout } = await runTask(["synth", "--print-permissions", "--db", "/x/a.duckdb"]);
  assert.equal(code, 0);
  assert.match(stdout, /^--allow-net=127\.0\.0\.1,control:80,unix:\/x\/a\.duckdb\.sock$/m);
  assert.match(stdout, /^environment: .*\bPATH\b/m);
});

Deno.test("the launcher hands on exit codes", async () => {
  assert.equal((await runTask(["synth", "--rolouts", "3"])).code, 2);
  assert.equal((await runTask(["sql", "--db", "/nowhere/a.duckdb", "select 1"])).code, 1);
});

Deno.test.each<[Deno.Signal]>([["SIGINT"], ["SIGTERM"]])(
  "the launcher hands %s on",
  (signal) =>
    withWorld(async (_folder, synth, reached) => {
      const child = startTask(synth);
      const output = child.output();
      await Promise.race([reached(5), output]);
      child.kill(signal);
      const { code, stderr } = await output;
      assert.equal(code, 130, new TextDecoder().decode(stderr));
      assert.match(
        new TextDecoder().decode(stderr),
        /Interrupted: finishing the open trees .*the same command goes on/,
      );
    }),
);

modelTest(
  "the launcher lets an interrupted training end its trainer",
  () =>
    withFolder(async (folder) => {
      const data = join(folder, "sft.jsonl");
      const response = [{ text: "<code>\nx = 1\n<end_of_step>", train: true }];
      const row = { problem_id: "p", prompt: "<|user|>:\nOne?\n<|assistant|>:", response };
      await Deno.writeTextFile(data, JSON.stringify(row));
      const child = startTask([
        ...["train", "--kind", "sft", "--data", data, "--base", "fixtures/starter/base"],
        ...["--out", join(folder, "policy"), "--settings", '{"epochs": 100000}'],
      ]);
      let told = "";
      let isInterrupted = false;
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
        told += text;
        if (isInterrupted || !/step \d/.test(told)) continue;
        isInterrupted = true;
        child.kill("SIGINT");
      }
      await child.stdout.cancel();
      assert.equal((await child.status).code, 130, told);
      assert.doesNotMatch(told, /NotCapable/);
    }),
);
