import assert from "node:assert/strict";
import { SandboxUnavailableError } from "../../lib/core/mod.ts";
import { startWorker, type Worker } from "../../lib/sandbox/worker.ts";
import { fakeWorker } from "./_open_fake.ts";

function run(worker: Worker, code: string, signal?: AbortSignal) {
  return worker.run({ parent: 0, prefix: [], code, keep: false }, { signal });
}

Deno.test("Worker.run() matches replies to requests that are in flight together", async () => {
  await using worker = await startWorker(fakeWorker());
  const replies = await Promise.all(["a", "b", "c"].map((code) => run(worker, code)));
  assert.deepEqual(replies.map((reply) => reply.stdout), ["a", "b", "c"]);
});

Deno.test("startWorker() reports what a worker says before it gives up", async () => {
  await assert.rejects(startWorker(fakeWorker("fatal")), (error) => {
    assert(error instanceof SandboxUnavailableError);
    assert.equal(
      error.message,
      "Cannot use a sandbox worker: Cannot import sympy (missing-module)",
    );
    return true;
  });
});

Deno.test("startWorker() reports exit status and standard error of a worker that crashes", async () => {
  await assert.rejects(startWorker(fakeWorker("crash")), {
    name: "SandboxUnavailableError",
    message: "Cannot use a sandbox worker: it ended with exit status 3; " +
      "standard error ends with: the interpreter is broken",
  });
});

Deno.test("startWorker() ends a worker that does not become ready in time", async () => {
  await assert.rejects(startWorker(fakeWorker("silent", { startTimeoutMs: 100 })), {
    name: "SandboxUnavailableError",
    message: "Cannot use a sandbox worker: it was not ready within 100 ms",
  });
});

Deno.test("startWorker() throws the reason of a signal that aborts", async () => {
  const controller = new AbortController();
  const starting = startWorker(fakeWorker("silent"), { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(starting, { message: "enough" });
});

Deno.test("Worker.run() rejects everything in flight when the worker dies", async () => {
  await using worker = await startWorker(fakeWorker());
  const results = await Promise.allSettled([run(worker, "hang"), run(worker, "die")]);
  const message = "Cannot use a sandbox worker: it ended with exit status 7";
  for (const result of results) {
    assert.equal(result.status, "rejected");
    assert.equal(result.reason.message, message);
  }
  assert.equal(worker.lost?.message, message);
  await assert.rejects(run(worker, "a"), { message });
});

for (
  const [order, reason] of [
    ["talk nonsense", /it sent an unknown message/],
    ["answer another", /it answered request 1001, which nobody made/],
    ["break the frame", /expected at most 114688 bytes, got 4294967295/],
  ] as const
) {
  Deno.test(`Worker.run() gives a worker up that was told to ${order}`, async () => {
    await using worker = await startWorker(fakeWorker());
    await assert.rejects(run(worker, order), reason);
    assert(worker.lost instanceof SandboxUnavailableError);
  });
}

Deno.test("Worker.run() declares a worker lost that does not answer", async () => {
  const { limits } = fakeWorker();
  const options = { graceMs: 50, limits: { ...limits, wallMs: 50 } };
  await using worker = await startWorker(fakeWorker("ready", options));
  await assert.rejects(run(worker, "hang"), {
    name: "SandboxUnavailableError",
    message: "Cannot use a sandbox worker: no reply within 3250 ms",
  });
});

Deno.test("Worker.run() waits as long whatever the wall clock says", async () => {
  const { limits } = fakeWorker();
  const now = Date.now;
  const YEAR_MS = 365 * 24 * 3_600_000;
  let readings = 0;
  try {
    Date.now = () => now() + (++readings % 2 === 0 ? 1 : -1) * readings * YEAR_MS;
    assert(Math.abs(Date.now() - Date.now()) > YEAR_MS);
    const patient = { graceMs: 60_000, limits };
    await using worker = await startWorker(fakeWorker("ready", patient));
    for (const code of ["a", "b", "c"]) assert.equal((await run(worker, code)).stdout, code);
    const hasty = { graceMs: 50, limits: { ...limits, wallMs: 50 } };
    await using other = await startWorker(fakeWorker("ready", hasty));
    await assert.rejects(run(other, "hang"), /no reply within 3250 ms/);
  } finally {
    Date.now = now;
  }
});

Deno.test("Worker.run() cancels a step when its signal aborts and goes on with the next", async () => {
  await using worker = await startWorker(fakeWorker());
  const controller = new AbortController();
  const hanging = run(worker, "hang", controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(hanging, { message: "enough" });
  assert.equal((await run(worker, "a")).stdout, "a");
});
