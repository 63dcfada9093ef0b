/** Every fault of an endpoint is told with what was found, what the server said, and the cure that fits it. */
import assert from "node:assert/strict";
import { ProviderError } from "../../lib/core/mod.ts";
import {
  completionsPolicy,
  EndpointPool,
  openTransport,
  probePolicy,
  probePpm,
  type TransportOptions,
} from "../../lib/endpoint/mod.ts";
import { SELF_SIGNED } from "./_certificate.ts";

type Answer = (request: Request) => Response | Promise<Response>;

const retry = { attempts: 2, initialDelayMs: 1 };

/** A server that answers so to what follows the list of models. */
function serve(answer: Answer, options: Partial<typeof SELF_SIGNED> = {}) {
  let requests = 0;
  const handler: Answer = (request) => {
    requests++;
    return answer(request);
  };
  const settings = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
  const { cert, key } = options;
  const server = cert === undefined || key === undefined
    ? Deno.serve(settings, handler)
    : Deno.serve({ ...settings, cert, key }, handler);
  return {
    host: `127.0.0.1:${server.addr.port}`,
    get requests() {
      return requests;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A server that takes a connection, reads, and closes it after these words. */
function raw(words: string) {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const done = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(4096));
      await connection.write(new TextEncoder().encode(words));
      connection.close();
    }
  })();
  return {
    host: `127.0.0.1:${listener.addr.port}`,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await done;
    },
  };
}

const models: Answer = () => Response.json({ data: [{ id: "m" }] });

/** Answers the list of models, and something else to the rest. */
const afterModels = (rest: Answer): Answer => (request) =>
  new URL(request.url).pathname === "/v1/models" ? models(request) : rest(request);

const refusal = (status: number, message: string) => (): Response =>
  Response.json({ error: { message } }, { status });

interface Probe extends TransportOptions {
  readonly role?: "policy" | "ppm";
  readonly api?: "completions" | "chat";
}

/** Returns what a user is told of an address; `HOST` stands for the server's. */
async function told(address: string, host: string, probe: Probe = {}): Promise<string> {
  const { role = "policy", api = "completions", ...options } = probe;
  const transport = openTransport(address, options);
  const asked = role === "policy"
    ? probePolicy(transport, { flag: "--policy", api, retry })
    : probePpm(transport, { flag: "--ppm", retry });
  const error = await asked.then(() => null, (error: unknown) => error);
  assert.ok(error instanceof ProviderError, String(error));
  assert.equal(error.isRetryable, false);
  return error.message.replaceAll(host, "HOST");
}

const AT = "Cannot get a reply from http://HOST/v1";

/** Refusals by a server that is there. They do not pass: it is asked once, besides its models. */
const REFUSALS: readonly [string, Answer, Probe, string][] = [
  [
    "a key that is missing",
    refusal(401, "Unauthorized"),
    {},
    `${AT}/models: status 401 "Unauthorized"; it wants a key: put it into the variable RSTAR_POLICY_API_KEY`,
  ],
  [
    "a key that is wrong",
    refusal(401, "Incorrect API key sk-secret"),
    { apiKey: "sk-secret", role: "ppm" },
    `${AT}/models: status 401 "Incorrect API key [API key]"; the key in RSTAR_PPM_API_KEY is not accepted for this: check it`,
  ],
  [
    "a key without rights",
    refusal(403, "Forbidden"),
    { apiKey: "sk-secret" },
    `${AT}/models: status 403 "Forbidden"; the key in RSTAR_POLICY_API_KEY is not accepted for this: check it`,
  ],
  [
    "an address without the API",
    refusal(404, "Not Found"),
    {},
    `${AT}/models: status 404 "Not Found"; there is no list of models: give the address under which it is in --policy, ` +
    "as a rule http://HOST:PORT/v1 without a further path",
  ],
  [
    "a model that is gone",
    afterModels(refusal(404, "The model `m` does not exist.")),
    {},
    `${AT}/completions: status 404 "The model \`m\` does not exist."; check --policy-model`,
  ],
  [
    "a server without the chat route",
    afterModels(refusal(404, "Not Found")),
    { api: "chat" },
    `${AT}/chat/completions: status 404 "Not Found"; check --policy-api: this server may have no route for "chat"`,
  ],
  [
    "a PPM that is none",
    afterModels(refusal(404, "Not Found")),
    { role: "ppm" },
    'Cannot get a reply from http://HOST/pooling: status 404 "Not Found"; check --ppm: a PPM needs a pooling route, ' +
    "as vLLM has with --runner pooling",
  ],
  [
    "a method that is not allowed",
    refusal(405, "Method Not Allowed"),
    {},
    `${AT}/models: status 405 "Method Not Allowed"; check --policy: this is no server of OpenAI's protocol`,
  ],
  [
    "a prompt that is too long",
    afterModels(refusal(400, "This model's maximum context length is 16 tokens")),
    {},
    `${AT}/completions: status 400 "This model's maximum context length is 16 tokens"; lower search.maxTokens or ` +
    "search.modelLength (--max-tokens, --model-length) to what the server takes, or serve a longer context",
  ],
  [
    "a field that is not known",
    afterModels(refusal(422, "stop: not supported")),
    {},
    `${AT}/completions: status 422 "stop: not supported"; the server does not take such a request: see what it says, ` +
    "and use one of OpenAI's protocol such as vLLM",
  ],
  [
    "http to a port of https that says so",
    () => new Response("The plain HTTP request was sent to HTTPS port", { status: 400 }),
    {},
    `${AT}/models: status 400 "The plain HTTP request was sent to HTTPS port"; did you mean https://HOST in --policy?`,
  ],
  [
    "a server that leads elsewhere",
    () => new Response("", { status: 308, headers: { location: "https://elsewhere/v1" } }),
    {},
    `${AT}/models: status 308 to https://elsewhere/v1 "status code (no body)"; give the address to which it leads in --policy`,
  ],
  [
    "a proxy that wants a password",
    refusal(407, "Proxy Authentication Required"),
    { proxy: "http://proxy:3128" },
    `${AT}/models: status 407 "Proxy Authentication Required"; put them into http_proxy and https_proxy ` +
    "(http://USER:PASSWORD@HOST:PORT), now http://proxy:3128, or put 127.0.0.1 into no_proxy",
  ],
  [
    "a gateway's page",
    () =>
      new Response("<!doctype html><title>404\u001b[31m \u202eNginx</title><p>x", { status: 404 }),
    {},
    `${AT}/models: status 404 "page: 404 [31m Nginx"; there is no list of models: give the address under which it is in ` +
    "--policy, as a rule http://HOST:PORT/v1 without a further path",
  ],
];

Deno.test.each(REFUSALS)("%s is told with its cure, and not asked again", async (...row) => {
  const [, answer, probe, message] = row;
  await using server = serve(answer);
  assert.equal(await told(`http://${server.host}`, server.host, probe), message);
  assert.ok(server.requests <= 2, `${server.requests} requests`);
});

/** Faults that may pass: asked for again, and then told. */
const PASSING: readonly [string, Answer, string][] = [
  [
    "a server that is loading",
    refusal(503, "loading"),
    'status 503 "loading" (tried 2 times); it is there but not ready: wait until it has loaded, and look at its log',
  ],
  [
    "a server that fails",
    refusal(500, "oops"),
    'status 500 "oops" (tried 2 times); look at the server\'s log',
  ],
  [
    "a server that is asked too often",
    refusal(429, "slow down"),
    'status 429 "slow down" (tried 2 times); lower --concurrency, or wait until the server has time or its quota is renewed',
  ],
  [
    "a page",
    () => new Response("<html><title>Welcome</title>"),
    'expected JSON, got "page: Welcome" (tried 2 times); http://HOST serves pages where its API is looked for: ' +
    "check host, port and path in --policy",
  ],
];

Deno.test.each(PASSING)("%s is asked again, and told with its cure", async (_, answer, message) => {
  await using server = serve(answer);
  assert.equal(await told(`http://${server.host}`, server.host), `${AT}/models: ${message}`);
});

Deno.test("JSON of another kind is told as that of another server", async () => {
  await using server = serve(() => Response.json({ hello: "world" }));
  assert.match(
    await told(`http://${server.host}`, server.host),
    /^Cannot use the reply of http:\/\/HOST\/v1: data: .*; check --policy: this is no server of OpenAI's protocol$/,
  );
});

Deno.test("https and http that meet the other ask about it, at once", async () => {
  await using plain = serve(models);
  assert.equal(
    await told(`https://${plain.host}`, plain.host),
    "Cannot get a reply from https://HOST/v1/models: what answers there does not speak https; did you mean http://HOST in --policy?",
  );
  await using secure = serve(models, SELF_SIGNED);
  assert.equal(
    await told(`http://${secure.host}`, secure.host),
    `${AT}/models: what answers there does not speak http; did you mean https://HOST in --policy, or another port?`,
  );
  await using closing = raw("");
  assert.equal(
    await told(`http://${closing.host}`, closing.host),
    `${AT}/models: the connection was closed without a reply (tried 2 times); look at the server's log; if it speaks https, ` +
      "give https://HOST in --policy",
  );
});

Deno.test("a certificate that nobody signed is told with where to name who did", async () => {
  await using server = serve(models, SELF_SIGNED);
  assert.match(
    await told(`https://${server.host}`, server.host),
    /^Cannot get a reply from https:\/\/HOST\/v1\/models: its certificate is not accepted \(\w+\); .*DENO_CERT/,
  );
});

Deno.test("who does not listen, has no name or no port that may be used is told apart, and from a proxy that is not there", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const host = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  assert.equal(
    await told(`http://${host}`, host),
    `${AT}/models: connection refused; start the server or check --policy`,
  );
  assert.equal(
    await told(`http://${host}`, host, { proxy: "http://127.0.0.1:9" }),
    `${AT}/models: connection refused; check the proxy http://127.0.0.1:9 (http_proxy, https_proxy), or put 127.0.0.1 into no_proxy`,
  );
  assert.equal(
    await told("http://nowhere.invalid:8000", "nowhere.invalid:8000"),
    `${AT}/models: its host is not found; check the spelling of "nowhere.invalid" in --policy, or give its IP address`,
  );
  assert.equal(
    await told("http://127.0.0.1:6000", "127.0.0.1:6000"),
    `${AT}/models: Deno sends nothing to this port, which is another service's; serve on another port, e.g. 8000, and name it in --policy`,
  );
});

Deno.test("a pool names the cure of what its endpoints come to in the middle of a run", async () => {
  await using server = serve(refusal(401, "expired"));
  const transport = openTransport(`http://${server.host}`, { apiKey: "sk-1" });
  await using pool = new EndpointPool([transport], {
    retry,
    settings: { role: "policy", flag: "--policy" },
  });
  const policy = completionsPolicy({ pool, model: "m", sendsSeed: false, findings: {} });
  const request = { prompt: "1", n: 1, stop: [], temperature: 1, topP: 1, maxTokens: 8, seed: 1 };
  await assert.rejects(policy.sample(request), {
    message:
      `Cannot get a reply from http://${server.host}/v1/completions: status 401 "expired"; the key in RSTAR_POLICY_API_KEY is not ` +
      "accepted for this: check it",
  });
  assert.equal(server.requests, 1);
});
