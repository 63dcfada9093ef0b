/** `deno task view` as a user starts it, with its own permissions. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openStore } from "../../lib/store/mod.ts";
import type { RunRow, VersionReply } from "../../lib/viewer/mod.ts";
import { testProblem, testRun, testTree } from "../conformance/store.ts";
import { linesOf, temporaryFolder, withDuckDb } from "../store/_files.ts";
import { serveStore, untilFree } from "../viewer/_live.ts";
import { storeTrees } from "../viewer/_stored_trees.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const LAUNCHER = "lib/cli/launch/main.ts";

/** Starts the command as its task does, through the launcher that gives it its permissions. */
function startView(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", "-P=launcher", LAUNCHER, "view", ...args],
    cwd: root,
    env: { DISPLAY: "", WAYLAND_DISPLAY: "", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function fails(args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await startView(args).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

interface RunningView {
  /** Address that it printed. */
  readonly address: string;
  readonly origin: string;
  /** Asks a path as the page does. */
  readonly ask: <T>(path: string) => Promise<T>;
}

/** Runs the command, does something with its page, and ends it with SIGINT. */
async function withView(
  { db, env }: { readonly db: string; readonly env?: Readonly<Record<string, string>> },
  work: (view: RunningView) => Promise<void>,
): Promise<void> {
  const child = startView(["--db", db], env);
  const errors = new Response(child.stderr).text();
  const lines = linesOf(child.stdout);
  try {
    const address = (await lines.next()).value;
    assert.match(address ?? "", /^http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{64}$/);
    const { origin } = new URL(address);
    const first = await fetch(address, { redirect: "manual" });
    await first.body?.cancel();
    const cookie = (first.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const ask = async <T>(path: string): Promise<T> => {
      const response = await fetch(`${origin}${path}`, { headers: { cookie } });
      const body = await response.json();
      assert.equal(response.status, 200, JSON.stringify(body));
      return body;
    };
    await work({ address, origin, ask });
  } finally {
    child.kill("SIGINT");
    const { code } = await child.status;
    await lines.return?.();
    assert.equal(code, 0, await errors);
  }
}

Deno.test("view shows a database and lets others write it meanwhile", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  await storeTrees(db);
  await withView({ db }, async ({ ask, origin }) => {
    const [run] = await ask<readonly RunRow[]>("/api/runs");
    assert.equal(run?.trees, 3);
    const { version } = await ask<VersionReply>("/api/version");
    const refused = await fetch(`${origin}/api/runs`);
    await refused.body?.cancel();
    assert.equal(refused.status, 401);
    // The file is released soon after the last question; until then, a writer is told that it is held.
    await using store = await untilFree(() => openStore(db));
    await using _control = await serveStore(db, store);
    const { runNo } = await store.openRun(testRun());
    await store.putProblems([testProblem(9)]);
    await store.writeTree({ runNo, roundNo: 3 }, testTree("test/9", 0));
    const [live] = await ask<readonly RunRow[]>("/api/runs");
    assert.deepEqual(live?.rounds, [1, 2, 3], "asked of the process that writes");
    assert.notEqual((await ask<VersionReply>("/api/version")).version, version);
  });
  // Opened once more, by a run that has ended meanwhile.
  await using store = await openStore(db);
  assert.equal((await store.runs()).length, 1);
});

Deno.test("view opens the browser where there is a screen", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  await storeTrees(db);
  const opener = `${folder.path}/xdg-open`;
  const opened = `${folder.path}/opened`;
  await Deno.writeTextFile(opener, `#!/bin/sh\necho "$DISPLAY $1" > "${opened}"\n`, {
    mode: 0o755,
  });
  const path = `${folder.path}:${Deno.env.get("PATH") ?? ""}`;
  await withView({ db, env: { PATH: path, DISPLAY: ":7" } }, async ({ address }) => {
    const text = await untilFree(async () => {
      const written = await Deno.readTextFile(opened);
      assert.ok(written.endsWith("\n"));
      return written;
    });
    assert.equal(text, `:7 ${address}\n`);
  });
});

Deno.test("view names what it cannot open, before it serves anything", async () => {
  await using folder = await temporaryFolder();
  const missing = await fails(["--db", `${folder.path}/none.duckdb`]);
  assert.equal(missing.code, 2);
  assert.match(
    missing.stderr,
    /^error: Cannot use database ".*none\.duckdb": there is no such file/,
  );
  const newer = `${folder.path}/newer.duckdb`;
  await storeTrees(newer);
  await withDuckDb(
    newer,
    (connection) => connection.run("INSERT INTO schema_version VALUES (99, now()::TIMESTAMP)"),
  );
  const { code, stderr } = await fails(["--db", newer]);
  assert.equal(code, 1);
  assert.match(stderr, /newer/i);
});

Deno.test("view names a port that is taken and one that is none", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  await storeTrees(db);
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const { code, stderr } = await fails(["--db", db, "--port", String(port)]);
  assert.equal(code, 2);
  assert.equal(
    stderr,
    `error: Cannot serve the page on port ${port}: another program uses it; give another --port, or none for a free one\n`,
  );
  assert.equal((await fails(["--db", db, "--port", "65536"])).code, 2);
});
