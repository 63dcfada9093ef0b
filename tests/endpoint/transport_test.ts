import assert from "node:assert/strict";
import { ConfigError, ProviderError } from "../../lib/core/mod.ts";
import { openTransport, type TransportOptions } from "../../lib/endpoint/mod.ts";
import { VirtualClock } from "./_virtual_clock.ts";

const KEY = "sk-very-secret";

/** A loopback server and what it was asked. */
function serve(answer: (request: Request) => Response | Promise<Response>) {
  const requests: { url: string; headers: Headers; body: string }[] = [];
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      requests.push({ url: request.url, headers: request.headers, body: await request.text() });
      return await answer(request);
    },
  );
  return {
    address: `http://127.0.0.1:${server.addr.port}`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** The failure of one request to a server that answers so. */
async function failureOf(
  answer: () => Response | Promise<Response>,
  options: TransportOptions = {},
): Promise<ProviderError> {
  await using server = serve(answer);
  const transport = openTransport(server.address, options);
  const error: unknown = await transport.request("/completions", {}).catch((e: unknown) => e);
  assert.ok(error instanceof ProviderError, String(error));
  // Ports differ from run to run.
  error.message = error.message.replaceAll(server.address, "SERVER");
  return error;
}

Deno.test("openTransport() finds routes under and beside /v1, however the address is written", async () => {
  await using server = serve(() => Response.json({ ok: true }));
  for (const suffix of ["", "/", "/v1", "/v1/"]) {
    const transport = openTransport(server.address + suffix);
    assert.equal(transport.url, `${server.address}/v1`);
    assert.deepEqual({ ...await transport.request("/models", null) as object }, { ok: true });
    await transport.request("../pooling", { input: ["1"] });
  }
  assert.deepEqual(
    server.requests.map(({ url }) => url.slice(server.address.length)),
    ["", "/", "/v1", "/v1/"].flatMap(() => ["/v1/models", "/pooling"]),
  );
  assert.equal(server.requests[1]?.body, '{"input":["1"]}');
});

Deno.test("openTransport() sends the key only where one was given, and nothing about this machine", async () => {
  await using server = serve(() => Response.json({}));
  await openTransport(server.address, { apiKey: KEY }).request("/completions", {});
  await openTransport(server.address).request("/completions", {});
  const [withKey, without] = server.requests;
  assert.equal(withKey?.headers.get("authorization"), `Bearer ${KEY}`);
  assert.equal(without?.headers.get("authorization"), null);
  assert.deepEqual([...(without?.headers.keys() ?? [])].filter((n) => n.startsWith("x-")), []);
});

Deno.test("openTransport() keeps the key out of errors, also when the server repeats it", async () => {
  const error = await failureOf(
    () => Response.json({ error: { message: `Incorrect API key ${KEY}` } }, { status: 401 }),
    { apiKey: KEY },
  );
  assert.equal(
    error.message,
    'Cannot get a reply from SERVER/v1/completions: status 401 "Incorrect API key [API key]"',
  );
  assert.equal(error.isRetryable, false);
  assert.ok(!Deno.inspect(error, { depth: 10 }).includes(KEY));
});

Deno.test("openTransport() sends the user's headers with every request, and keeps their values out of errors", async () => {
  await using server = serve(() => Response.json({}));
  const headers = { "x-gateway": "gate-token-1", "x-org": "7" };
  const transport = openTransport(server.address, { headers });
  await transport.request("/models", null);
  await transport.request("/completions", {});
  for (const request of server.requests) {
    assert.equal(request.headers.get("x-gateway"), "gate-token-1");
    assert.equal(request.headers.get("accept"), "application/json");
  }
  const { message } = await failureOf(
    () => Response.json({ error: "gate-token-1 of org 7" }, { status: 403 }),
    { headers },
  );
  assert.match(message, /status 403 "\[x-gateway\] of org 7"$/);
});

Deno.test("openTransport() names the session of a request to routers, hashed, and none where there is none", async () => {
  await using server = serve(() => Response.json({}));
  const transport = openTransport(server.address);
  await transport.request("/completions", {}, { session: "gsm8k/12/0" });
  await transport.request("/completions", {}, { session: "gsm8k/12/0" });
  await transport.request("/completions", {});
  const seen = server.requests.map(({ headers }) => headers.get("x-session-id"));
  assert.match(seen[0] ?? "", /^[0-9a-f]{16}$/);
  assert.deepEqual(seen, [seen[0], seen[0], null]);
});

Deno.test("openTransport() adds the user's fields to what draws or scores, over its own, and to nothing else", async () => {
  await using server = serve(() => Response.json({}));
  const transport = openTransport(server.address, { extraBody: { top_k: 20 } });
  await transport.request("/completions", { prompt: "a", top_k: -1 });
  await transport.request("/chat/completions", { messages: [] });
  await transport.request("../pooling", { input: [] });
  await transport.request("../tokenize", { prompt: "a" });
  assert.deepEqual(server.requests.map(({ body }) => JSON.parse(body)), [
    { prompt: "a", top_k: 20 },
    { messages: [], top_k: 20 },
    { input: [], top_k: 20 },
    { prompt: "a" },
  ]);
});

Deno.test("openTransport() quotes what a server says once, also where it is a mere text", async () => {
  for (const body of [{ error: "no" }, { error: { message: "no" } }]) {
    const { message } = await failureOf(() => Response.json(body, { status: 403 }));
    assert.equal(message, 'Cannot get a reply from SERVER/v1/completions: status 403 "no"');
  }
});

Deno.test("openTransport() says for each status whether it may pass by itself", async () => {
  const expected: [number, boolean][] = [
    [302, false],
    [400, false],
    [401, false],
    [404, false],
    [408, true],
    [429, true],
    [500, true],
    [503, true],
  ];
  for (const [status, isRetryable] of expected) {
    const error = await failureOf(() => new Response("busy", { status }));
    assert.deepEqual([error.status, error.isRetryable], [status, isRetryable]);
  }
});

Deno.test("openTransport() reads retry-after in seconds, milliseconds and as a date", async () => {
  const ask = (headers: HeadersInit) =>
    failureOf(() => new Response("", { status: 429, headers })).then((e) => e.retryAfterMs);
  assert.equal(await ask({ "retry-after": "7" }), 7_000);
  assert.equal(await ask({ "retry-after-ms": "250", "retry-after": "7" }), 250);
  assert.equal(await ask({ "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" }), 0);
  assert.equal(await ask({ "retry-after": "soon" }), null);
  assert.equal(await ask({}), null);
});

Deno.test("openTransport() takes neither truncated JSON nor an error page for a reply", async () => {
  const truncated = await failureOf(() =>
    new Response('{"choices": [', { headers: { "content-type": "application/json" } })
  );
  assert.match(
    truncated.message,
    /^Cannot get a reply from SERVER\/v1\/completions: expected JSON, got /,
  );
  const page = await failureOf(() => new Response("<html>\u001b[2J\n<h1>Bad gateway"));
  assert.equal(
    page.message,
    'Cannot get a reply from SERVER/v1/completions: expected JSON, got "<html> [2J <h1>Bad gateway"',
  );
  assert.deepEqual([truncated.isRetryable, page.isRetryable], [true, true]);
});

Deno.test("openTransport() reads the text of a server's metrics", async () => {
  await using server = serve(() => new Response("# HELP a b\na 1\n"));
  const text = await openTransport(server.address).request("../metrics", null);
  assert.equal(text, "# HELP a b\na 1\n");
  await assert.rejects(openTransport(server.address).request("../pooling", {}), /expected JSON/);
});

Deno.test("openTransport() names the kind of a failure, for counting", async () => {
  const kindOf = async (response: () => Response) => (await failureOf(response)).kind;
  assert.equal(await kindOf(() => new Response("", { status: 503 })), "status 503");
  assert.equal(await kindOf(() => new Response("<html>")), "no JSON");
  const json = { headers: { "content-type": "application/json" } };
  assert.equal(await kindOf(() => new Response('{"choices": [', json)), "no JSON");
});

Deno.test("openTransport() stops reading a reply that is too large", async () => {
  const error = await failureOf(() => Response.json({ text: "x".repeat(5000) }), {
    maxReplyBytes: 1000,
  });
  assert.equal(
    error.message,
    "Cannot get a reply from SERVER/v1/completions: the reply is longer than 1000 bytes",
  );
  assert.deepEqual([error.isRetryable, error.kind], [true, "reply too long"]);
});

Deno.test("openTransport() gives up a reply that stops half way at the deadline", async () => {
  const clock = new VirtualClock();
  const isHalf = Promise.withResolvers<void>();
  await using server = serve(() => {
    const half = new TextEncoder().encode('{"choices":');
    return new Response(
      new ReadableStream({
        start: (stream) => stream.enqueue(half),
        pull: () => isHalf.resolve(),
      }, { highWaterMark: 2 }),
    );
  });
  const transport = openTransport(server.address, { clock, deadlineMs: 60_000 });
  const reply = transport.request("/completions", {});
  const ended = reply.then(() => "a reply", (error: unknown) => error);
  await isHalf.promise;
  await clock.advance(59_999);
  const pending = Symbol("pending");
  assert.equal(await Promise.race([ended, clock.settle().then(() => pending)]), pending);
  await clock.advance(1);
  const error = await ended;
  assert.ok(error instanceof ProviderError);
  assert.equal(
    error.message,
    `Cannot get a reply from ${server.address}/v1/completions: no reply in time (60 s)`,
  );
  assert.deepEqual([error.isRetryable, error.kind], [true, "no reply in time"]);
  assert.equal(clock.pending, 0);
});

Deno.test("openTransport() names a refused connection", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  await assert.rejects(openTransport(`http://127.0.0.1:${port}`).request("/models", null), {
    name: "ProviderError",
    status: null,
    isRetryable: true,
    kind: "connection refused",
    message: `Cannot get a reply from http://127.0.0.1:${port}/v1/models: connection refused`,
  });
});

Deno.test("openTransport() rejects with the caller's reason when the caller aborts", async () => {
  const never = Promise.withResolvers<Response>();
  const controller = new AbortController();
  const reason = new Error("stop");
  await using server = serve(() => {
    controller.abort(reason);
    return never.promise;
  });
  const transport = openTransport(server.address);
  await assert.rejects(
    transport.request("/completions", {}, { signal: controller.signal }),
    (error) => error === reason,
  );
  never.resolve(new Response());
});

Deno.test("openTransport() refuses an address that is not plain HTTP or holds a secret", () => {
  assert.throws(() => openTransport("localhost:8000"), ConfigError);
  assert.throws(
    () => openTransport("http://user:hunter2@host:1/v1?key=hunter2"),
    (error: unknown) => error instanceof ConfigError && !error.message.includes("hunter2"),
  );
});
