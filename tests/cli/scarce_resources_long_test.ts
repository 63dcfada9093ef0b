/** Tests of `synth` on a machine that gives it too little: it says what is missing, and loses nothing. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openStore } from "../../lib/store/mod.ts";
import { withFolder } from "../with_folder.ts";
import { type AdditionEndpoint, additionEndpoint, additionProblems } from "./_addition_world.ts";
import { type CommandResult, ROOT, runRstar, startRstar } from "./_rstar.ts";

const PROBLEMS = 12;

/** Limits of a process are set by `prlimit`. */
function testOnLinux(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name} (Linux only)`, ignore: Deno.build.os !== "linux", fn });
}

function synthArgs(folder: string, endpoint: AdditionEndpoint): readonly string[] {
  return [
    "synth",
    ...["--problems", join(folder, "sums.jsonl"), "--policy", endpoint.url, "--preset", "default"],
    ...["--db", join(folder, "a.duckdb"), "--json", "--quiet", "--workers", "2"],
  ];
}

async function withWorld(
  body: (folder: string, endpoint: AdditionEndpoint) => Promise<void>,
): Promise<void> {
  await using endpoint = additionEndpoint();
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "sums.jsonl"), additionProblems(PROBLEMS));
    await body(folder, endpoint);
  });
}

/** The same command without limits: it must find a store that it can go on with, and finish. */
async function finishes(args: readonly string[], folder: string): Promise<void> {
  const { code, stderr } = await runRstar(args);
  assert.equal(code, 0, stderr);
  await using store = await openStore(join(folder, "a.duckdb"));
  assert.equal(await store.tornTrees(), 0);
  const [run, ...others] = await store.runs();
  assert.deepEqual([run?.trees, others], [PROBLEMS, []]);
}

/** Changes a soft limit of a running process; only the administrator may raise a hard one again. */
async function limit(pid: number, resource: string): Promise<boolean> {
  return (await new Deno.Command("prlimit", { args: [`--pid=${pid}`, resource] }).output()).success;
}

/** Runs `rstar` with so many open files allowed. */
async function runWithFiles(args: readonly string[], files: number): Promise<CommandResult> {
  const { code, stdout, stderr } = await new Deno.Command("prlimit", {
    args: [
      ...[`--nofile=${files}:${files}`, Deno.execPath()],
      ...["run", "--quiet", "-A", "--no-check", `${ROOT}main.ts`, ...args],
    ],
    cwd: ROOT,
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

testOnLinux(
  "synth says that it may open too few files, and what to do; with more it goes on",
  () =>
    withWorld(async (folder, endpoint) => {
      const args = synthArgs(folder, endpoint);
      // Enough for Deno itself, with and without the database: below that there is nobody who could say anything.
      for (const files of [30, 40]) {
        const { code, stdout, stderr } = await runWithFiles(args, files);
        assert.deepEqual([code, stdout], [1, ""], stderr);
        assert.match(
          stderr,
          /^error: Cannot .*: too many files and connections are open; run "ulimit -n 4096" before/m,
        );
      }
      await finishes(args, folder);
    }),
);

testOnLinux(
  "synth that runs out of open files half-way loses nothing",
  () =>
    withWorld(async (folder, endpoint) => {
      const args = [
        ...synthArgs(folder, endpoint),
        "--concurrency",
        "8",
        "--request-timeout",
        "5s",
      ];
      const harness = startRstar(args);
      const limited: boolean[] = [];
      const allow = async (files: number) => {
        limited.push(await limit(harness.pid, `--nofile=${files}:`));
      };
      endpoint.onRequest = async (count) => {
        // Below what is open already: every further file, pipe and connection is refused.
        if (count === 12) await allow(8);
        if (count === 16) await allow(1_024);
      };
      const { code, stderr } = await harness.output();
      const text = new TextDecoder().decode(stderr);
      assert.equal(limited[0], true, "the limit was set while it ran");
      assert.ok(code === 0 || code === 1 && text.includes("ulimit -n 4096"), `${code}: ${text}`);
      await finishes(args, folder);
    }),
);

testOnLinux(
  "synth that gets no more memory half-way ends, and loses nothing",
  () =>
    withWorld(async (folder, endpoint) => {
      const args = synthArgs(folder, endpoint);
      const harness = startRstar(args);
      const limited: boolean[] = [];
      endpoint.onRequest = async (count) => {
        // Less than it has already: no further page is given to it.
        if (count === 12) limited.push(await limit(harness.pid, "--data=4096:"));
      };
      const { code, stderr } = await harness.output();
      assert.deepEqual(limited, [true]);
      // V8 ends a process that it cannot get memory for; DuckDB would have refused a statement first.
      const text = new TextDecoder().decode(stderr);
      assert.ok(code === 0 || /out of memory|error: /i.test(text), `${code}: ${text}`);
      await finishes(args, folder);
    }),
);

Deno.test("synth needs a heap of 64 MiB and no more", () =>
  withWorld(async (folder, endpoint) => {
    const args = synthArgs(folder, endpoint);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "-A", "--no-check", "--v8-flags=--max-old-space-size=64"],
        ...[`${ROOT}main.ts`, ...args],
      ],
      cwd: ROOT,
      stdin: "null",
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    await finishes(args, folder);
  }));
