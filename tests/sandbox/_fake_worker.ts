/**
 * A worker that interprets nothing, for tests of the harness's side: it answers a step with the path of codes that led to it, so
 * that a wrong replay shows in the output. Some codes are orders: see `obey`. The first argument is how it starts.
 */
import { encodeFrame, readFrames } from "../../lib/sandbox/frames.ts";

const READY = {
  op: "ready",
  protocol: 1,
  tier: "B",
  pid: 1,
  uid: 1000,
  capabilities: 0,
  no_new_privs: true,
  landlock_abi: 7,
  seccomp: "notify",
  namespaces: false,
  max_states: 10,
  python: "3.11.7",
  modules: [],
  preload: null,
  zygote_rss_bytes: 1,
  fork_us: 2_000,
  startup_ms: 1,
};

interface Run {
  readonly op: string;
  readonly id: number;
  readonly parent: number;
  readonly prefix: readonly string[];
  readonly code: string;
  readonly codes: readonly string[];
  readonly keep: boolean;
  readonly ids: readonly number[];
}

const states = new Map<number, readonly string[]>([[0, []]]);
let failures = 0;
const hanging = new Set<number>();
const writer = Deno.stdout.writable.getWriter();

function send(message: unknown): Promise<void> {
  return writer.write(encodeFrame(message));
}

function result(id: number, fields: Record<string, unknown>): Promise<void> {
  return send({
    op: "result",
    id,
    status: "ok",
    stdout: "",
    value: null,
    error: null,
    wall_us: 0,
    cpu_us: 0,
    code_us: 0,
    memory_bytes: 0,
    kept: false,
    ...fields,
  });
}

async function run({ id, parent, prefix, code, keep }: Run): Promise<void> {
  const base = states.get(parent);
  if (base === undefined) return await result(id, { status: "evicted" });
  const path = [...base, ...prefix, code];
  if (await obey(code, { id, prefix })) return;
  if (keep) states.set(id, path);
  // The process that ran the step tells how it came to its state: what a replay must not change is the path, not this.
  const stdout = path.join(" > ").slice(-1_000);
  await result(id, { stdout, value: `${prefix.length}`, code_us: costOf(code), kept: keep });
}

/** Runs nothing in company but in mode `company`, and there no code that begins with "alone", nor below one. */
async function runBatch({ id, prefix, codes }: Run): Promise<void> {
  for (const [i, code] of codes.entries()) {
    if (code === "die together") Deno.exit(7);
    const isPathAlone = prefix.some((one) => one.startsWith("alone"));
    if (Deno.args[0] !== "company" || isPathAlone || code.startsWith("alone")) {
      const type = isPathAlone ? "PathAlone" : "Alone";
      const error = { type, message: "no company here", line: null };
      await result(id + i, { status: "alone", error });
      continue;
    }
    const stdout = `together: ${[...prefix, code].join(" > ")}`;
    await result(id + i, { stdout, value: `${codes.length}`, code_us: costOf(code) });
  }
}

function costOf(code: string): number {
  return code.startsWith("slow") ? 50_000 : 100;
}

/** @returns Whether the code was an order that replaces the ordinary answer. */
async function obey(
  code: string,
  { id, prefix }: { readonly id: number; readonly prefix: readonly string[] },
): Promise<boolean> {
  const [, order, times] = /^(host fails|crash) (\d)$/.exec(code) ?? [];
  if (order !== undefined && failures < Number(times)) {
    failures++;
    await result(
      id,
      order === "crash"
        ? { status: "error", error: { type: "crashed", message: "died", line: null } }
        : {
          status: "host_failed",
          error: { type: "HostFailed", message: "out of memory", line: null },
        },
    );
    return true;
  }
  failures = 0;
  switch (code) {
    case "evict all":
      for (const state of states.keys()) if (state !== 0) states.delete(state);
      return false;
    case "die":
      return Deno.exit(7);
    case "hang":
      hanging.add(id);
      return true;
    case "never replays": {
      if (prefix.length === 0) return false;
      const error = { type: "NameError", message: "x", line: null, at: 0 };
      await result(id, { status: "replay_failed", error });
      return true;
    }
    case "talk nonsense":
      await send({ op: "nonsense" });
      return true;
    case "answer another":
      await result(id + 1_000, {});
      return true;
    case "break the frame":
      await writer.write(new Uint8Array([0xff, 0xff, 0xff, 0xff]));
      return true;
    default:
      return false;
  }
}

async function serve(): Promise<void> {
  for await (const message of readFrames(Deno.stdin.readable, 1 << 24)) {
    const request = message as Run;
    if (request.op === "run") await run(request);
    if (request.op === "batch") await runBatch(request);
    if (request.op === "release") {
      for (const id of request.ids) {
        states.delete(id);
        if (hanging.delete(id)) await result(id, { status: "cancelled" });
      }
    }
  }
}

switch (Deno.args[0]) {
  case "fatal":
    await send({ op: "fatal", cause: "missing-module", message: "Cannot import sympy" });
    Deno.exit(1);
    break;
  case "crash":
    await Deno.stderr.write(new TextEncoder().encode("the interpreter is broken\n"));
    Deno.exit(3);
    break;
  case "silent":
    await serve();
    break;
  case "other-python":
    await send({ ...READY, python: "3.12.0" });
    await serve();
    break;
  default:
    await send(READY);
    await serve();
}
