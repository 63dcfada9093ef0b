import assert from "node:assert/strict";
import { SynthConfig } from "../../lib/config/mod.ts";
import { roleTransport } from "../../lib/models/mod.ts";

const environment = { RSTAR_PPM_API_KEY: "p", OPENAI_API_KEY: "o", GATE: "g" };

Deno.test("roleTransport() takes keys and headers from the variables that are named, and times from the role", () => {
  const config = SynthConfig.parse({
    requestTimeout: "1m",
    requests: {
      policy: {
        headers: { "X-Gate": "$GATE", "X-Plain": "a $GATE" },
        extraBody: { chat_template_kwargs: { enable_thinking: false } },
        apiKeyVariable: "OPENAI_API_KEY",
        timeout: "10m",
      },
    },
  });
  assert.deepEqual(roleTransport("policy", config, { environment }), {
    keyVariable: "OPENAI_API_KEY",
    apiKey: "o",
    headers: { "X-Gate": "g", "X-Plain": "a $GATE" },
    extraBody: { chat_template_kwargs: { enable_thinking: false } },
    deadlineMs: 600_000,
  });
  assert.deepEqual(roleTransport("ppm", config, { environment }), {
    keyVariable: "RSTAR_PPM_API_KEY",
    apiKey: "p",
    headers: {},
    extraBody: {},
    deadlineMs: 60_000,
  });
});

Deno.test("roleTransport() refuses a variable that is not set, by name", () => {
  const cases = [
    [{ apiKeyVariable: "NO_KEY" }, /requests\.policy\.apiKeyVariable: .* variable NO_KEY /],
    [{ headers: { "x-a": "$NO_GATE" } }, /requests\.policy\.headers\.x-a: .* variable NO_GATE /],
  ] as const;
  for (const [policy, message] of cases) {
    const config = SynthConfig.parse({ requests: { policy } });
    assert.throws(() => roleTransport("policy", config, { environment }), {
      name: "ConfigError",
      message,
    });
  }
});

Deno.test("requests refuse what the project sends itself: it would change what a run means, unseen", () => {
  const refused = [
    { extraBody: { temperature: 1 } },
    { extraBody: { max_tokens: 5 } },
    { headers: { Authorization: "Bearer x" } },
    { headers: { "x y": "z" } },
    { headers: { x: "a\nb: c" } },
    { apiKeyVariable: "$KEY" },
  ];
  for (const policy of refused) {
    assert.ok(!SynthConfig.safeParse({ requests: { policy } }).success, JSON.stringify(policy));
  }
});
