import assert from "node:assert/strict";
import { storeRun } from "../report/_stored_run.ts";
import { temporaryFolder } from "../store/_files.ts";
import { runRstar } from "./_rstar.ts";

Deno.test("report writes a page and Markdown and prints one line of JSON", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  await storeRun(db);
  const markdown = `${folder.path}/a.md`;
  const page = `${folder.path}/a.html`;
  const { code, stdout, stderr } = await runRstar(
    ["report", "--db", db, "--out", page, "--markdown", markdown, "--json"],
  );
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trimEnd().split("\n").length, 1);
  assert.equal(JSON.parse(stdout).title, "rstar report: r");
  assert.match(await Deno.readTextFile(page), /^<!doctype html>/i);
  assert.match(await Deno.readTextFile(markdown), /^# rstar report: r\n/);
  assert.ok(stderr.includes(`Wrote ${page}`));
});

Deno.test("report refuses a run and a folder that are not there", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  await storeRun(db);
  const unknown = await runRstar(["report", "--db", db, "--run", "x"]);
  assert.equal(unknown.code, 2);
  assert.ok(
    unknown.stderr.includes('Cannot report run "x": there is none of this name; stored: r'),
  );
  const nowhere = await runRstar([
    "report",
    "--quiet",
    "--db",
    db,
    "--out",
    "/nowhere/at/all.html",
  ]);
  assert.equal(nowhere.code, 2);
  assert.ok(nowhere.stderr.startsWith('error: Cannot write "/nowhere/at/all.html": '));
});
