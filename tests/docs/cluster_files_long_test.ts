/** The files of `docs/cluster` for schedulers, run with the variables that the scheduler would set and stand-ins for its programs. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { openStore } from "../../lib/store/mod.ts";
import {
  type AdditionEndpoint,
  additionEndpoint,
  additionProblems,
} from "../cli/_addition_world.ts";
import { ROOT } from "../cli/_rstar.ts";

async function withWorld(body: (folder: string, endpoint: AdditionEndpoint) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  await using endpoint = additionEndpoint();
  try {
    await Deno.writeTextFile(join(folder, "sums.jsonl"), additionProblems(8));
    await body(folder, endpoint);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Puts a program into a folder, which is then searched before all others. */
async function standIn(folder: string, name: string, script: string): Promise<string> {
  const bin = join(folder, "bin");
  await Deno.mkdir(bin, { recursive: true });
  await Deno.writeTextFile(join(bin, name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  return `${bin}:${Deno.env.get("PATH") ?? ""}`;
}

function start(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Deno.ChildProcess {
  const [program = "", ...args] = command;
  return new Deno.Command(program, {
    args,
    env,
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function run(command: readonly string[], env: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await start(command, env).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("the Slurm array does its parts, queues a task again whose time is over, and is merged when all parts are there", () =>
  withWorld(async (folder, endpoint) => {
    const queued = join(folder, "queued");
    const PATH = await standIn(folder, "scontrol", `echo "$@" >> ${queued}`);
    const parts = join(folder, "parts");
    const slurm = (task: number) => ({
      PATH,
      SHARDS: "2",
      SLURM_SUBMIT_DIR: ROOT,
      SLURM_ARRAY_JOB_ID: "9",
      SLURM_ARRAY_TASK_ID: String(task),
      SLURM_ARRAY_TASK_COUNT: "1",
    });
    const args = [
      ...[join(ROOT, "docs/cluster/shards.slurm"), parts, "--problems", join(folder, "sums.jsonl")],
      ...["--policy", endpoint.url, "--preset", "default", "--workers", "1", "--quiet"],
    ];
    const reached = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    endpoint.onRequest = (count) => {
      if (count < 9) return;
      reached.resolve();
      return go.promise;
    };
    const child = start(args, slurm(0));
    const stderr = new TextDecoder();
    await Promise.race([reached.promise, child.status]);
    child.kill("SIGTERM");
    go.resolve();
    endpoint.onRequest = () => {};
    const output = await child.output();
    assert.equal(output.code, 130, stderr.decode(output.stderr));
    assert.equal(await Deno.readTextFile(queued), "requeue 9_0\n");

    const early = await run([join(ROOT, "docs/cluster/merge.slurm"), parts], slurm(0));
    assert.equal(early.code, 1);
    assert.match(early.stderr, /expected 2 parts, got 1; submit those that are missing again/);
    for (const task of [0, 1]) {
      const result = await run(args, slurm(task));
      assert.equal(result.code, 0, result.stderr);
    }
    const merged = await run([join(ROOT, "docs/cluster/merge.slurm"), parts], slurm(0));
    assert.equal(merged.code, 0, merged.stderr);
    await using store = await openStore(join(parts, "all.duckdb"));
    assert.deepEqual((await store.runs()).map(({ name, trees }) => [name, trees]), [["synth", 8]]);
    assert.equal(await store.tornTrees(), 0);
  }));

const Name = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
const Container = z.strictObject({
  name: Name,
  image: z.string().min(1),
  workingDir: z.string().startsWith("/"),
  command: z.array(z.string()).min(1),
  args: z.array(z.string()).optional(),
  env: z.array(z.strictObject({ name: z.string().regex(/^[A-Z_]+$/), value: z.string() })),
  resources: z.strictObject({ requests: z.strictObject({ cpu: z.string(), memory: z.string() }) }),
  volumeMounts: z.array(z.strictObject({ name: Name, mountPath: z.string().startsWith("/") })),
});
/** The part of batch/v1 that the file uses; an Indexed Job needs its number of completions, and a limit per index needs `Never`. */
const Job = z.strictObject({
  apiVersion: z.literal("batch/v1"),
  kind: z.literal("Job"),
  metadata: z.strictObject({ name: Name }),
  spec: z.strictObject({
    completionMode: z.literal("Indexed").optional(),
    completions: z.int().min(1).optional(),
    parallelism: z.int().min(1).max(100_000).optional(),
    backoffLimitPerIndex: z.int().min(0).optional(),
    backoffLimit: z.int().min(0).optional(),
    template: z.strictObject({
      spec: z.strictObject({
        restartPolicy: z.literal("Never"),
        terminationGracePeriodSeconds: z.int().positive().optional(),
        containers: z.tuple([Container]),
        volumes: z.array(z.strictObject({
          name: Name,
          persistentVolumeClaim: z.strictObject({ claimName: Name }),
        })),
      }),
    }),
  }).refine(({ completionMode, completions, backoffLimitPerIndex }) =>
    completionMode === undefined ? backoffLimitPerIndex === undefined : completions !== undefined
  ),
});

Deno.test("the Kubernetes Jobs are valid, and their containers start what the pages say", async () => {
  const text = await Deno.readTextFile(join(ROOT, "docs/cluster/shards_job.yaml"));
  const documents = parseAllDocuments(text);
  assert.ok(Array.isArray(documents));
  assert.deepEqual(documents.flatMap(({ errors }) => errors), []);
  const [shards, merge] = z.tuple([Job, Job]).parse(documents.map((document) => document.toJS()));
  const folder = await Deno.makeTempDir();
  try {
    const PATH = await standIn(folder, "deno", `printf '%s\\n' "$@"`);
    const started = async (job: z.infer<typeof Job>, more: Readonly<Record<string, string>>) => {
      const [{ command, args = [], env, volumeMounts }] = job.spec.template.spec.containers;
      const names = job.spec.template.spec.volumes.map(({ name }) => name);
      assert.ok(volumeMounts.every(({ name }) => names.includes(name)));
      const set = Object.fromEntries(env.map(({ name, value }) => [name, value]));
      const { code, stdout } = await run([...command, ...args], { ...set, PATH, ...more });
      assert.equal(code, 0);
      return { words: stdout.trimEnd().split("\n"), set };
    };
    const { words, set } = await started(shards, { JOB_COMPLETION_INDEX: "7" });
    assert.equal(Number(set["SHARDS"]), shards.spec.completions);
    assert.deepEqual(words.slice(0, 6), [
      ...["task", "synth", "--shard", "7/64", "--db", "/data/shards/shard-0007.duckdb"],
    ]);
    assert.deepEqual(words.slice(6), shards.spec.template.spec.containers[0].args);
    for (const part of ["shard-0000.duckdb", "shard-0001.duckdb"]) {
      await Deno.writeTextFile(join(folder, part), "");
    }
    assert.deepEqual((await started(merge, { FOLDER: folder })).words, [
      ...["task", "merge", join(folder, "all.duckdb")],
      ...[join(folder, "shard-0000.duckdb"), join(folder, "shard-0001.duckdb")],
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
