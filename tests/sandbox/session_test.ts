import assert from "node:assert/strict";
import type { StepState } from "../../lib/sandbox/sandbox.ts";
import { startWorker } from "../../lib/sandbox/worker.ts";
import { WorkerSlot } from "../../lib/sandbox/worker_slot.ts";
import { fakeWorker } from "./_open_fake.ts";
import { Bench, told } from "./_session_bench.ts";

Deno.test("PythonSession.run() forks from the live state of a path that cost more than a fork", async () => {
  await using bench = new Bench();
  const slow = await bench.keep("slow a");
  const child = await bench.keep("b", slow);
  assert.deepEqual(told(await bench.run("c", child)), { path: "slow a > b > c", replayed: 0 });
  assert.equal(bench.slot.liveStates, 2);
});

Deno.test("PythonSession.run() replays a path that cost less than a fork", async () => {
  await using bench = new Bench();
  const child = await bench.keep("b", await bench.keep("a"));
  assert.deepEqual(told(await bench.run("c", child)), { path: "a > b > c", replayed: 2 });
  assert.equal(bench.slot.liveStates, 0);
  assert.equal(bench.context.counters.replayedSteps, 3);
});

Deno.test("PythonSession.run() rebuilds an evicted state once for all its children", async () => {
  await using bench = new Bench();
  const parent = await bench.keep("slow b", await bench.keep("slow a"));
  await bench.run("evict all");
  const children = await Promise.all(["c", "d", "e"].map((code) => bench.run(code, parent)));
  assert.deepEqual(children.map(told), [
    { path: "slow a > slow b > c", replayed: 0 },
    { path: "slow a > slow b > d", replayed: 0 },
    { path: "slow a > slow b > e", replayed: 0 },
  ]);
  assert.equal(bench.context.counters.evictedStates, 2);
  assert.equal(bench.slot.liveStates, 1);
});

Deno.test("PythonSession.run() replays from the nearest live ancestor when a state was released", async () => {
  await using bench = new Bench();
  const first = await bench.keep("slow a");
  const second = await bench.keep("b", first);
  const third = await bench.keep("c", second);
  bench.session.release(second);
  bench.session.release(second);
  assert.equal(bench.slot.liveStates, 2);
  assert.equal((await bench.run("d", third)).stdout, "slow a > b > c > d");
  await assert.rejects(bench.run("d", second), {
    name: "RangeError",
    message: "Cannot run a step: state 2 was released or belongs to another session",
  });
});

Deno.test("PythonSession.run() goes on with a replacement when its worker dies, with the same outcomes", async () => {
  await using bench = new Bench();
  const parent = await bench.keep("b", await bench.keep("slow a"));
  const { worker } = await bench.slot.connect();
  Deno.kill(worker.pid, "SIGKILL");
  assert.equal((await bench.run("c", parent)).stdout, "slow a > b > c");
  assert.deepEqual(bench.replaced, [
    "Cannot use a sandbox worker: it ended with signal SIGKILL",
  ]);
});

Deno.test("PythonSession.run() that is cancelled while its worker is replaced leaves no failure to nobody", async () => {
  await using bench = new Bench();
  const parent = await bench.keep("slow a");
  const { worker } = await bench.slot.connect();
  Deno.kill(worker.pid, "SIGKILL");
  await assert.rejects(worker.stat());
  const controller = new AbortController();
  const { signal } = controller;
  const step = bench.session.run({ parent, code: "b", keep: false }, { signal });
  while (bench.slot.running === 0) await Promise.resolve();
  controller.abort(new Error("enough"));
  await assert.rejects(step, { message: "enough" });
  await bench.session[Symbol.asyncDispose]();
});

Deno.test("PythonSession.run() starts another worker when one is lost at its start, a few times", async () => {
  await using bench = new Bench({ modes: ["crash", "crash"] });
  assert.equal((await bench.run("a")).stdout, "a");
  await using hopeless = new Bench({ modes: ["crash", "crash", "crash"] });
  await assert.rejects(hopeless.run("a"), {
    name: "SandboxUnavailableError",
    message: /it ended with exit status 3; standard error ends with: the interpreter is broken/,
  });
});

Deno.test("PythonSession.run() gives up a step that kills every worker, and leaves the others alone", async () => {
  await using bench = new Bench();
  await assert.rejects(bench.run("die"), {
    name: "SandboxUnavailableError",
    message: "Cannot use a sandbox worker: it ended with exit status 7",
  });
  assert.equal((await bench.run("a")).stdout, "a");
  assert.equal(bench.replaced.length, 3);
});

Deno.test("PythonSession.run() judges a path that does not replay as a failed step", async () => {
  await using bench = new Bench();
  const state = await bench.keep("a");
  const outcome = await bench.run("never replays", state);
  assert.equal(outcome.status, "error");
  assert.deepEqual(outcome.error, {
    type: "NotReproducible",
    message: "replaying the path gave another outcome at step 1: NameError: x",
    line: null,
  });
});

Deno.test("PythonSession.run() tries a step again that the host failed, and no verdict comes of it", async () => {
  await using bench = new Bench();
  const state = await bench.keep("slow a");
  assert.equal((await bench.run("host fails 2", state)).stdout, "slow a > host fails 2");
  await assert.rejects(bench.run("host fails 3", state), {
    name: "SandboxUnavailableError",
    message: "Cannot run a step: out of memory; give the machine (or container) more memory, " +
      "processes and cores, or use fewer workers or lower limits",
  });
  assert.deepEqual(bench.context.counters.stepsByStatus, {
    ok: 2,
    error: 0,
    timeout: 0,
    memory: 0,
    output_truncated: 0,
  });
  assert.equal((await bench.run("b", state)).stdout, "slow a > b");
  assert.deepEqual(bench.replaced, []);
});

Deno.test("PythonSession.run() judges a step whose process died when it dies each time", async () => {
  await using bench = new Bench();
  const state = await bench.keep("slow a");
  assert.equal((await bench.run("crash 2", state)).stdout, "slow a > crash 2");
  const { status, error } = await bench.run("crash 3", state);
  assert.deepEqual([status, error?.type], ["error", "crashed"]);
  assert.equal((await bench.run("b", state)).stdout, "slow a > b");
  assert.deepEqual(bench.replaced, []);
});

Deno.test("PythonSession.run() can be cancelled while it waits for the host", async () => {
  await using bench = new Bench({ hostPausesMs: [3_600_000] });
  const controller = new AbortController();
  const { signal } = controller;
  const step = bench.session.run({ parent: null, code: "host fails 1", keep: false }, { signal });
  await bench.run("a");
  controller.abort(new Error("enough"));
  await assert.rejects(step, { message: "enough" });
});

Deno.test("PythonSession.run() fails a step, a path and a depth beyond the limits without running them", async () => {
  await using bench = new Bench();
  const { maxCodeBytes } = bench.context.limits;
  const large = "#".repeat(maxCodeBytes);
  const tooLong = await bench.run(`${large}#`);
  assert.deepEqual(tooLong.error, {
    type: "ValueError",
    message: "the step is longer than 1048576 bytes",
    line: null,
  });
  assert.equal((await bench.run("é".repeat(maxCodeBytes / 2 + 1))).error?.type, "ValueError");
  let state: StepState | null = null;
  for (let i = 0; i < 15; i++) state = await bench.keep(large, state);
  const tooMuch = await bench.run(large, state);
  assert.equal(
    tooMuch.error?.message,
    "the steps of the path are longer than 16777216 bytes in all",
  );
});

Deno.test("PythonSession.run() lets others pass a slow step", async () => {
  await using bench = new Bench();
  const controller = new AbortController();
  const { signal } = controller;
  const hanging = [1, 2, 3].map(() =>
    bench.session.run({ parent: null, code: "hang", keep: false }, { signal })
  );
  assert.equal((await bench.run("a")).stdout, "a");
  const rejected = hanging.map((step) => assert.rejects(step, { message: "enough" }));
  controller.abort(new Error("enough"));
  await Promise.all(rejected);
});

Deno.test("PythonSession.run() can be cancelled while it waits for its turn", async () => {
  await using bench = new Bench();
  const hang = new AbortController();
  const hanging = [1, 2, 3, 4].map(() =>
    bench.session.run({ parent: null, code: "hang", keep: false }, { signal: hang.signal })
  );
  const wait = new AbortController();
  const waiting = bench.session.run({ parent: null, code: "a", keep: false }, {
    signal: wait.signal,
  });
  assert.equal(bench.slot.waiting, 5);
  wait.abort(new Error("no longer wanted"));
  await assert.rejects(waiting, { message: "no longer wanted" });
  hang.abort(new Error("enough"));
  await Promise.allSettled(hanging);
  assert.deepEqual([bench.slot.waiting, bench.slot.running], [0, 0]);
});

Deno.test("PythonSession closes: its states are released and what runs is ended", async () => {
  await using bench = new Bench();
  const state = await bench.keep("slow a");
  const hanging = bench.run("hang", state);
  const closed = "Cannot run a step: its session is closed";
  const rejected = assert.rejects(hanging, { name: "RangeError", message: closed });
  await bench.session[Symbol.asyncDispose]();
  await rejected;
  await assert.rejects(bench.run("a"), { name: "RangeError", message: closed });
  assert.equal(bench.slot.liveStates, 0);
  assert.equal(bench.slot.sessions, 0);
});

Deno.test("WorkerSlot.connect() refuses a replacement with another Python", async () => {
  await using slot = new WorkerSlot({
    start: () => startWorker(fakeWorker("other-python")),
    pythonVersion: "3.11.7",
    onReplaced: () => {},
  });
  await assert.rejects(slot.connect(), {
    name: "SandboxUnavailableError",
    message: "Cannot replace a sandbox worker: expected Python 3.11.7, got 3.12.0; " +
      "start the command again, as outcomes of the two would be mixed",
  });
});

Deno.test("WorkerSlot.connect() starts one worker for callers that come together", async () => {
  let starts = 0;
  await using slot = new WorkerSlot({
    start: () => {
      starts++;
      return startWorker(fakeWorker());
    },
    pythonVersion: "3.11.7",
    onReplaced: () => {},
  });
  const links = await Promise.all([slot.connect(), slot.connect(), slot.connect()]);
  assert.equal(starts, 1);
  assert.equal(new Set(links.map((link) => link.worker)).size, 1);
});
