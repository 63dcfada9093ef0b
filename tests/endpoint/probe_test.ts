import assert from "node:assert/strict";
import { openTransport, probePolicy, probePpm } from "../../lib/endpoint/mod.ts";
import { modelServer, type ModelServerQuirks } from "./_model_server.ts";
import { scriptedServer } from "./_server.ts";
import { startFaultyProxy } from "../faults/proxy.ts";

/** Retry settings under which repeats come at once. */
const retry = { initialDelayMs: 1 };

const models = (...ids: string[]) => () =>
  Response.json({ object: "list", data: ids.map((id) => ({ id })) });

async function policyFindings(quirks: ModelServerQuirks) {
  await using server = modelServer(quirks);
  const findings = await probePolicy(openTransport(server.url), {
    flag: "--policy",
    api: "completions",
  });
  const hide = (text: string) => text.replaceAll(server.url, "URL");
  return { ...findings, url: hide(findings.url), notices: findings.notices.map(hide) };
}

async function ppmFindings(quirks: ModelServerQuirks) {
  await using server = modelServer({ activation: "asked", ...quirks });
  return await probePpm(openTransport(server.url), { flag: "--ppm", retry });
}

Deno.test("probePolicy() finds out what a server like vLLM does", async () => {
  assert.deepEqual(await policyFindings({ hasTokenize: true, hasMetrics: true }), {
    url: "URL",
    model: "policy",
    served: ["policy"],
    maxModelLength: 4096,
    honoursN: true,
    countsTokens: true,
    stopStrings: "kept",
    formatTokens: "whole",
    takesSeed: null,
    offersLoad: true,
    tokens: "it answers no log-probabilities",
    notices: [],
  });
});

Deno.test("probePolicy() knows of the embedded engine that it takes seeds", async () => {
  assert.equal((await policyFindings({ ownedBy: "rstar" })).takesSeed, true);
});

Deno.test("probePolicy() says in plain words what a server does not do", async () => {
  const { notices, honoursN, countsTokens, stopStrings, offersLoad } = await policyFindings({
    ignoresN: true,
    hidesUsage: true,
    stop: "ignored",
  });
  assert.deepEqual([honoursN, countsTokens, stopStrings, offersLoad], [
    ...[false, false, "ignored", false],
  ]);
  assert.deepEqual(notices, [
    "URL ignores n: every candidate is a request of its own",
    "URL counts no tokens: tokens, budgets and costs are estimated from the text",
    "URL ignores stop strings: texts are cut at the first one, and what follows it is paid for",
  ]);
});

Deno.test("probePolicy() sees that a server counts the tokens of one choice of several", async () => {
  const quirks = { knowsFormat: false };
  assert.equal((await policyFindings(quirks)).countsOneChoice, undefined);
  const { countsOneChoice, notices } = await policyFindings({ ...quirks, countsOneChoice: true });
  assert.equal(countsOneChoice, true);
  assert.ok(notices.some((notice) => /counts the tokens of one choice of several/.test(notice)));
});

Deno.test("probePolicy() counts the tokens of the delimiters with and without /tokenize", async () => {
  for (const hasTokenize of [true, false]) {
    assert.equal((await policyFindings({ hasTokenize })).formatTokens, "whole");
    const { formatTokens, notices } = await policyFindings({ hasTokenize, splitsTokens: true });
    assert.equal(formatTokens, "split");
    assert.match(notices[0] ?? "", /^the tokenizer of "policy" at URL does not know the format's/);
  }
  assert.equal((await policyFindings({ hidesUsage: true })).formatTokens, "unknown");
});

Deno.test.each<[string, NonNullable<ModelServerQuirks["stop"]>, boolean]>([
  ["keeps stop strings", "kept", true],
  ["names the stop string that it cut", "named", true],
  ["keeps stop strings of a model without the format", "kept", false],
  ["names the stop string of a model without the format", "named", false],
  ["cuts stop strings without a word", "cut", false],
  ["ignores stop strings", "ignored", true],
  ["ignores stop strings of a model without the format", "ignored", false],
])("probePolicy() sees that a server %s", async (_name, stop, knowsFormat) => {
  assert.equal((await policyFindings({ stop, knowsFormat })).stopStrings, stop);
});

Deno.test("probePolicy() tries out the chat route as well", async () => {
  const words = "one two three four five six seven eight nine ten ";
  await using server = scriptedServer([({ path, body }) => {
    if (path === "/v1/models") return models("m")();
    if (path !== "/v1/chat/completions") return new Response("", { status: 404 });
    const [stop] = body["stop"] as string[];
    const at = stop === undefined ? -1 : words.indexOf(stop);
    const content = at < 0 ? words : words.slice(0, at);
    const choice = { message: { content }, finish_reason: "stop" };
    const choices = Array.from({ length: Number(body["n"]) }, () => choice);
    return Response.json({ choices, usage: { prompt_tokens: 1, completion_tokens: 1 } });
  }]);
  const findings = await probePolicy(openTransport(server.url), { flag: "--policy", api: "chat" });
  assert.deepEqual([findings.stopStrings, findings.formatTokens, findings.honoursN], [
    ...["cut", "unknown", true],
  ]);
  assert.match(findings.notices[0] ?? "", /cuts stop strings off and does not say which/);
});

Deno.test("probePolicy() refuses a model that is not served, and a choice it cannot make", async () => {
  await using server = scriptedServer([models("a", "b")]);
  const transport = openTransport(server.url);
  const options = { flag: "--policy", api: "completions" } as const;
  await assert.rejects(probePolicy(transport, { ...options, model: "c" }), {
    message: `Cannot use model "c" of ${server.url}: it serves a, b; check --policy-model`,
  });
  await assert.rejects(probePolicy(transport, options), {
    message: `Cannot choose a model of ${server.url}: it serves a, b; name one with --policy-model`,
  });
});

Deno.test("probing says which flag to look at where a server lacks the route", async () => {
  const lacking = () => Response.json({ error: { message: "Not Found" } }, { status: 404 });
  {
    await using server = scriptedServer([models("m"), lacking]);
    await assert.rejects(
      probePolicy(openTransport(server.url), { flag: "--policy", api: "chat", retry }),
      /status 404 .*; check --policy-api: this server may have no route for "chat"$/,
    );
  }
  await using server = scriptedServer([models("m"), lacking]);
  await assert.rejects(
    probePpm(openTransport(server.url), { flag: "--ppm", retry }),
    /status 404 .*; check --ppm: a PPM needs a pooling route, as vLLM has with --runner pooling$/,
  );
});

Deno.test("probePolicy() refuses a server that answers without choices", async () => {
  await using server = scriptedServer([models("m"), () => Response.json({ choices: [] })]);
  await assert.rejects(
    probePolicy(openTransport(server.url), { flag: "--policy", api: "completions", retry }),
    {
      message: `Cannot use ${server.url}: it answered a request without any choice (tried 5 times)`,
    },
  );
});

Deno.test("probePpm() sees that scores come without a sigmoid", async () => {
  const findings = await ppmFindings({ hasMetrics: true });
  assert.deepEqual([findings.isRaw, findings.offersLoad, findings.notices], [true, true, []]);
  // All between 0 and 1: the activation tells.
  const logit = (text: string) => text.length / 1000;
  assert.equal((await ppmFindings({ logit })).isRaw, true);
});

Deno.test("probePpm() refuses scores that went through a sigmoid", async () => {
  await assert.rejects(
    ppmFindings({ activation: "always" }),
    /^ProviderError: Cannot use the scores of .*: it ignores "use_activation": false and gives them through a sigmoid/,
  );
});

Deno.test("probePpm() refuses a server that does not score every text", async () => {
  await using server = scriptedServer([
    models("m"),
    () => Response.json({ data: [{ index: 0, data: [1] }] }),
  ]);
  await assert.rejects(
    probePpm(openTransport(server.url), { flag: "--ppm", retry }),
    /expected one score for each of 4 texts, got 1/,
  );
});

Deno.test("probePpm() says what to do when nobody listens", async () => {
  const server = scriptedServer([models("m")]);
  await server[Symbol.asyncDispose]();
  await assert.rejects(probePpm(openTransport(server.url), { flag: "--ppm", retry }), {
    message:
      `Cannot get a reply from ${server.url}/models: connection refused; start the server or check --ppm`,
  });
});

Deno.test("probePolicy() and probePpm() ask again on a bad day, and then find what they find on a good one", async () => {
  await using policy = modelServer();
  await using ppm = modelServer({ activation: "asked" });
  const passes = null;
  for (const fault of ["status_503", "html", "reset", "no_choices", "truncated_json"] as const) {
    const plan = [fault, passes, fault, fault, passes];
    await using policyProxy = await startFaultyProxy({ target: policy.url, plan });
    const options = { flag: "--policy", api: "completions", retry } as const;
    const { url: _, ...findings } = await probePolicy(openTransport(policyProxy.url), options);
    const { url: __, ...expected } = await probePolicy(openTransport(policy.url), options);
    assert.deepEqual(findings, expected);
    await using ppmProxy = await startFaultyProxy({ target: ppm.url, plan: [fault, fault] });
    const { isRaw } = await probePpm(openTransport(ppmProxy.url), { flag: "--ppm", retry });
    assert.equal(isRaw, true);
  }
});

Deno.test("probePolicy() gives a server up that stays broken, and says how often it asked and what to do", async () => {
  await using server = scriptedServer([() => new Response("busy", { status: 503 })]);
  await assert.rejects(
    probePolicy(openTransport(server.url), { flag: "--policy", api: "completions", retry }),
    {
      message:
        `Cannot get a reply from ${server.url}/models: status 503 "busy" (tried 5 times); it is there but not ready: wait until it has loaded, and look at its log`,
    },
  );
  assert.equal(server.seen.length, 5);
});
