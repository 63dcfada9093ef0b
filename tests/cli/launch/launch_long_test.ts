/** Commands as their tasks start them: through the launcher, with exactly what it grants. */
import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "../../../lib/store/mod.ts";
import { modelTest } from "../../engine/_models.ts";
import { withFolder } from "../../with_folder.ts";
import { ROOT, runTask, startTask, withAdditions } from "./_task.ts";

Deno.test("every command does its work with what the launcher grants", () =>
  withAdditions(6, async ({ folder, synth }) => {
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

Deno.test("a command reaches what is on this machine past the user's proxy", () =>
  withAdditions(6, async ({ synth }) => {
    const nobody = "http://127.0.0.1:9";
    for (const name of ["http_proxy", "HTTP_PROXY", "ALL_PROXY"]) {
      const { code, stderr } = await runTask([...synth, "--new-run"], {
        env: { [name]: nobody },
      });
      assert.equal(code, 0, `${name}: ${stderr}`);
    }
  }));

Deno.test("a command reaches an endpoint elsewhere through the user's proxy, unless it is spared", () =>
  withAdditions(6, async ({ synth }) => {
    const own = synth[synth.indexOf("--policy") + 1] ?? "";
    const asked = new Set<string>();
    await using proxy = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      async (request) => {
        const { host, pathname } = new URL(request.url);
        asked.add(host);
        const { method } = request;
        const body = method === "GET" ? null : await request.text();
        return await fetch(new URL(pathname, own), { method, body });
      },
    );
    const away = synth.map((word) => word === own ? "http://model.invalid:8000/v1" : word);
    const all_proxy = `http://127.0.0.1:${proxy.addr.port}`;
    const env = { all_proxy, DENO_NO_UPDATE_CHECK: "1" };
    const { code, stderr } = await runTask(away, { env });
    assert.equal(code, 0, stderr);
    assert.deepEqual([...asked], ["model.invalid:8000"]);
    const spared = await runTask([...away, "--new-run"], { env: { ...env, no_proxy: ".invalid" } });
    assert.equal(spared.code, 1);
    assert.deepEqual([...asked], ["model.invalid:8000"]);
  }));

Deno.test("the launcher shows what it grants, and does nothing", async () => {
  const { code, stdout } = await runTask(["synth", "--print-permissions", "--db", "/x/a.duckdb"]);
  assert.equal(code, 0);
  assert.match(stdout, /^--allow-net=127\.0\.0\.1,control:80,unix:\/x\/a\.duckdb\.sock$/m);
  assert.match(stdout, /^environment: .*\bPATH\b/m);
});

Deno.test("the launcher grants DuckDB's library wherever Deno keeps it, behind a link too", () =>
  withAdditions(1, async ({ folder }) => {
    const entry = fileURLToPath(import.meta.resolve("@duckdb/node-api"));
    await Deno.symlink(entry.slice(0, entry.indexOf("/npm/")), join(folder, "deno"));
    const db = join(folder, "a.duckdb");
    await (await openStore(db))[Symbol.asyncDispose]();
    for (const denoDir of [join(folder, "deno"), relative(ROOT, join(folder, "deno"))]) {
      const { code, stderr } = await runTask(["sql", "--db", db, "select 1"], {
        env: { DENO_DIR: denoDir },
      });
      assert.equal(code, 0, stderr);
    }
  }));

Deno.test("the launcher hands on exit codes", async () => {
  assert.equal((await runTask(["synth", "--rolouts", "3"])).code, 2);
  assert.equal((await runTask(["sql", "--db", "/nowhere/a.duckdb", "select 1"])).code, 2);
});

Deno.test.each<[Deno.Signal]>([["SIGINT"], ["SIGTERM"]])(
  "the launcher hands %s on",
  (signal) =>
    withAdditions(6, async ({ synth, reached }) => {
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
