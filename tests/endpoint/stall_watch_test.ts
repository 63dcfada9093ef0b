import assert from "node:assert/strict";
import { ProviderError } from "../../lib/core/mod.ts";
import { StallWatch } from "../../lib/endpoint/_stall_watch.ts";
import { openTransport } from "../../lib/endpoint/mod.ts";
import { VirtualClock } from "./_virtual_clock.ts";

const HOUR = 3_600_000;

/** A watch over a server whose work stands at `work.done`; `null` is no answer. */
function watched(work: { done: number | null }, stallMs = 180_000) {
  const clock = new VirtualClock();
  const stalled = () =>
    new ProviderError("stalled", { status: null, isRetryable: false, kind: "stalled" });
  const looks = { count: 0 };
  const watch = new StallWatch({
    clock,
    stallMs,
    stalled,
    progress: () => {
      looks.count++;
      return Promise.resolve(work.done);
    },
  });
  return { clock, watch, looks };
}

/** Does something again and again while hours pass. */
async function every(clock: VirtualClock, ms: number, until: number, act: () => void) {
  for (let passed = 0; passed < until; passed += ms) {
    act();
    await clock.advance(ms);
  }
}

/** A call that ends when it is told, or aborted. */
function call() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return {
    end: () => resolve("reply"),
    send: (signal: AbortSignal) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      return promise;
    },
  };
}

Deno.test("a call may take any time while the server's work goes on", async () => {
  const work = { done: 0 };
  const { clock, watch } = watched(work);
  const one = call();
  const reply = watch.run(one.send, undefined);
  await every(clock, 170_000, 6 * HOUR, () => work.done++);
  one.end();
  assert.equal(await reply, "reply");
  assert.equal(clock.pending, 0);
});

Deno.test.each<[string, number | null]>([["stands still", 7], ["is not told of", null]])(
  "all calls fail when the server's work %s for so long",
  async (_, done) => {
    const { clock, watch } = watched({ done });
    const replies = [call(), call()].map(({ send }) => watch.run(send, undefined));
    const ended = Promise.allSettled(replies);
    await clock.advance(200_000);
    for (const result of await ended) {
      assert.ok(result.status === "rejected" && result.reason.kind === "stalled");
    }
    assert.equal(clock.pending, 0);
    const later = call();
    const reply = watch.run(later.send, undefined);
    later.end();
    assert.equal(await reply, "reply", "the next call begins anew");
  },
);

Deno.test("looks are shared by calls, and none is made for a short one", async () => {
  const { clock, watch, looks } = watched({ done: 0 });
  const short = call();
  const reply = watch.run(short.send, undefined);
  await clock.advance(9_000);
  short.end();
  await reply;
  assert.equal(looks.count, 0);
  const calls = Array.from({ length: 20 }, call);
  const replies = calls.map(({ send }) => watch.run(send, undefined));
  await clock.advance(50_000);
  calls.forEach(({ end }) => end());
  await Promise.all(replies);
  assert.equal(looks.count, 5);
});

Deno.test("a call that its caller gives up ends with the caller's reason", async () => {
  const { clock, watch } = watched({ done: 0 });
  const controller = new AbortController();
  const reply = watch.run(call().send, controller.signal);
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(reply, (error) => error === reason);
  assert.equal(clock.pending, 0);
});

/** A server of which a reply is waited for, with metrics. */
function slowServer(metrics: () => string) {
  const reply = Promise.withResolvers<Response>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    ({ url }) => url.endsWith("/metrics") ? new Response(metrics()) : reply.promise,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    answer: () => reply.resolve(Response.json({ ok: true })),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("openTransport() waits for a server that works, far beyond the time that one without work gets", async () => {
  let work = 0;
  await using server = slowServer(() => {
    // The reply comes when far more than the allowed time has been worked for.
    if (++work === 20) server.answer();
    return `# HELP\nrstar:work_done_total{model_name="policy"} ${work}\n`;
  });
  const transport = openTransport(server.url, { deadlineMs: 40, watchesProgress: true });
  assert.deepEqual({ ...await transport.request("/completions", {}) as object }, { ok: true });
});

Deno.test("openTransport() gives a server up whose work stands still, and does not ask it again", async () => {
  await using server = slowServer(() => "# HELP\nrstar:work_done_total 3\n");
  const transport = openTransport(server.url, { deadlineMs: 40, watchesProgress: true });
  await assert.rejects(transport.request("/completions", {}), {
    name: "ProviderError",
    message: `Cannot get a reply from ${server.url}/v1: its work has stood still for 0.04 s`,
    kind: "stalled",
    isRetryable: false,
  });
  server.answer();
});
