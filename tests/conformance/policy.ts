/** Tests that every policy behind an endpoint must pass, whatever serves it: toy server, recordings, embedded engine, real servers. */
import assert from "node:assert/strict";
import { policyPrompt, ProviderError, STOP_STRINGS } from "../../lib/core/mod.ts";
import {
  type Completion,
  OTHER_TOKENS,
  type Policy,
  type SampleRequest,
  textOfTokens,
} from "../../lib/endpoint/mod.ts";

/** How to get at the policy under test. */
export interface PolicyUnderTest {
  /** Called once per test. */
  readonly open: () => Promise<Policy>;
  /** The same server, asked for a model that it does not serve; absent where nothing can be asked. */
  readonly openUnknownModel?: () => Promise<Policy>;
  /** Context length in tokens; a longer request must be refused. `null` where it is not known. */
  readonly maxModelLength: number | null;
  /** Whether the model writes the format, delimiters included. */
  readonly writesFormat: boolean;
  /** Whether equal seeds give equal texts while nothing else is asked. */
  readonly takesSeeds: boolean;
  /** Whether it shows log-probabilities and goes on behind forced tokens. @default false */
  readonly showsTokens?: boolean;
  /** Why it cannot be tested here; `null` when it can. */
  readonly missing?: string | null;
  /** Whether a process of its own serves it, which is read from all the time. @default false */
  readonly isProcess?: boolean;
}

const REQUEST: SampleRequest = {
  prompt: policyPrompt("Tom has 3 apples and buys 4 more. How many apples does he have?"),
  n: 4,
  stop: STOP_STRINGS,
  temperature: 1,
  topP: 1,
  maxTokens: 64,
  seed: 1,
};

function checkCompletion({ text, finishReason, stopString, tokens }: Completion): void {
  const before = stopString === null ? text : text.slice(0, -stopString.length);
  assert.equal(finishReason === "stop_string", stopString !== null);
  if (stopString !== null) {
    assert.ok(STOP_STRINGS.some((stop) => stop === stopString));
    assert.ok(text.endsWith(stopString), text);
  }
  assert.ok(!STOP_STRINGS.some((stop) => before.includes(stop)), text);
  assert.ok(Number.isInteger(tokens) && tokens >= 0);
}

/** Runs the suite over one policy. */
export function testPolicy(name: string, subject: PolicyUnderTest): void {
  const { missing = null, isProcess = false } = subject;
  if (missing !== null) {
    Deno.test.ignore(`${name} (ignored: ${missing})`, () => {});
    return;
  }
  const test = (what: string, fn: (policy: Policy) => Promise<void>, skipped: string | null) => {
    Deno.test({
      name: `${name}: ${what}${skipped === null ? "" : ` (ignored: ${skipped})`}`,
      ignore: skipped !== null,
      sanitizeOps: !isProcess,
      fn: async () => await fn(await subject.open()),
    });
  };
  testReplies(test, subject);
  testTokens(test, subject);
  testRefusals(test, subject);
}

type Test = (
  what: string,
  fn: (policy: Policy) => Promise<void>,
  skipped: string | null,
) => void;

function testReplies(test: Test, { writesFormat, takesSeeds }: PolicyUnderTest): void {
  test("sample() gives n completions that end where they say", async (policy) => {
    const reply = await policy.sample(REQUEST);
    assert.equal(reply.completions.length, 4);
    reply.completions.forEach(checkCompletion);
    assert.ok(reply.promptTokens > 0 && reply.seconds >= 0);
    assert.ok(reply.generatedTokens > 0);
  }, null);

  test("sample() draws differently", async (policy) => {
    const { completions } = await policy.sample({ ...REQUEST, n: 8 });
    assert.ok(new Set(completions.map(({ text }) => text)).size > 1);
  }, null);

  test("sample() keeps within maxTokens", async (policy) => {
    const reply = await policy.sample({ ...REQUEST, maxTokens: 3 });
    reply.completions.forEach(checkCompletion);
    if (reply.tokensAreEstimated !== true) assert.ok(reply.generatedTokens <= 4 * 3);
    assert.ok(reply.completions.some(({ finishReason }) => finishReason === "length"));
  }, null);

  test("sample() counts a longer prompt as longer", async (policy) => {
    const context = async (prompt: string) => {
      const reply = await policy.sample({ ...REQUEST, prompt, n: 1, maxTokens: 2 });
      return reply.contextTokens ?? reply.promptTokens;
    };
    const [short, long] = [await context("1"), await context("1 + 1 = 2\n".repeat(10))];
    assert.ok(long >= short + 10, `${short}, ${long}`);
  }, null);

  test("sample() gives one greedy text again", async (policy) => {
    const greedy = { ...REQUEST, n: 1, temperature: 0 };
    const [first, second] = [await policy.sample(greedy), await policy.sample(greedy)];
    assert.equal(second.completions[0]?.text, first.completions[0]?.text);
  }, null);

  test("sample() answers many requests at once, each with its own", async (policy) => {
    const counts = Array.from({ length: 24 }, (_, i) => 1 + i % 5);
    const replies = await Promise.all(
      counts.map((n, seed) => policy.sample({ ...REQUEST, n, seed, maxTokens: 16 })),
    );
    assert.deepEqual(replies.map(({ completions }) => completions.length), counts);
    replies.forEach(({ completions }) => completions.forEach(checkCompletion));
  }, null);

  test("sample() shows the format's special tokens and ends at them", async (policy) => {
    const { completions } = await policy.sample({ ...REQUEST, n: 8, maxTokens: 256 });
    const stops = completions.filter(({ stopString }) => stopString !== null);
    assert.ok(stops.length > 0, completions.map(({ text }) => text).join("\n---\n"));
  }, writesFormat ? null : "the model does not write the format");

  test(
    "sample() gives equal texts for equal seeds and different ones for others",
    async (policy) => {
      const texts = async (seed: number) =>
        (await policy.sample({ ...REQUEST, seed, maxTokens: 24 })).completions.map((c) => c.text);
      const first = await texts(7);
      assert.deepEqual(await texts(7), first);
      assert.notDeepEqual(await texts(8), first);
    },
    takesSeeds ? null : "the server is not known to take seeds",
  );
}

/** Largest difference between log-probabilities of one token behind one prefix, computed twice. */
const LOGPROB_TOLERANCE = 0.05;

function checkTokens({ text, generated, finishReason }: Completion, alternatives: number): void {
  assert.ok(generated !== undefined && generated.length > 0);
  const whole = textOfTokens(generated);
  // The last token may end the sequence without being text, or reach beyond a stop string.
  assert.ok(finishReason === "end" || whole.startsWith(text), `${whole}\n---\n${text}`);
  for (const token of generated) {
    assert.ok(token.logprob <= 0 && token.alternatives.length <= alternatives);
    const values = token.alternatives.map(({ logprob }) => logprob);
    assert.deepEqual(values, values.toSorted((a, b) => b - a));
    const total = [token.logprob, ...values].reduce((sum, value) => sum + Math.exp(value), 0);
    assert.ok(total < 1 + LOGPROB_TOLERANCE, `${total}`);
    assert.ok(!token.alternatives.some(({ id, text }) => id === token.id && text === token.text));
  }
}

function testTokens(test: Test, { showsTokens = false }: PolicyUnderTest): void {
  const skipped = showsTokens ? null : "it shows no tokens";
  test("sample() shows each token with its log-probability and others", async (policy) => {
    assert.ok(policy.tokens && policy.tokens.maxAlternatives >= 1);
    const alternatives = Math.min(3, policy.tokens.maxAlternatives);
    const { completions } = await policy.sample({ ...REQUEST, logprobs: alternatives });
    completions.forEach((completion) => checkTokens(completion, alternatives));
    assert.ok(completions.some((one) => one.generated?.some((t) => t.alternatives.length > 0)));
    const [without] = (await policy.sample({ ...REQUEST, n: 1 })).completions;
    assert.equal(without?.generated, undefined);
  }, skipped);

  test("sample() goes on behind forced tokens", async (policy) => {
    const greedy = { ...REQUEST, n: 1, temperature: 0, maxTokens: 12, logprobs: 1 };
    const [whole] = (await policy.sample(greedy)).completions;
    const forced = whole?.generated?.slice(0, 2) ?? [];
    const [rest] = (await policy.sample({ ...greedy, continuation: forced })).completions;
    assert.ok(whole?.generated && rest?.generated);
    const expected = whole.generated.slice(2, 6);
    assert.deepEqual(
      rest.generated.slice(0, 4).map(({ text }) => text),
      expected.map((t) => t.text),
    );
    expected.forEach(({ logprob }, i) =>
      assert.ok(Math.abs(logprob - (rest.generated?.[i]?.logprob ?? NaN)) < LOGPROB_TOLERANCE)
    );
    assert.ok(!rest.text.startsWith(textOfTokens(forced)) || textOfTokens(forced) === "");
  }, skipped);

  test("sample() draws behind an alternative", async (policy) => {
    const request = { ...REQUEST, n: 1, logprobs: 3 };
    const [drawn] = (await policy.sample(request)).completions;
    const other = drawn?.generated?.[0]?.alternatives.find(({ isEnd }) => isEnd !== true);
    assert.ok(other);
    const [behind] = (await policy.sample({ ...request, continuation: [other] })).completions;
    assert.ok(behind);
    if (behind.serverReason !== OTHER_TOKENS) checkTokens(behind, 3);
  }, skipped);
}

function testRefusals(test: Test, subject: PolicyUnderTest): void {
  const { maxModelLength, openUnknownModel } = subject;
  test("sample() ends when the caller gives up, and the endpoint goes on", async (policy) => {
    const controller = new AbortController();
    const given = policy.sample({ ...REQUEST, maxTokens: 512 }, { signal: controller.signal });
    const ended = given.then(() => "replied", (error: unknown) => error);
    controller.abort(new Error("enough"));
    const end = await ended;
    // A reply that is there already is no failure.
    assert.ok(end === "replied" || (end instanceof Error && end.message === "enough"), `${end}`);
    assert.equal((await policy.sample(REQUEST)).completions.length, 4);
  }, null);

  test("sample() refuses a prompt that is too long, for good", async (policy) => {
    const prompt = "1 + 1 = 2\n".repeat(maxModelLength ?? 0);
    const refusal = await policy.sample({ ...REQUEST, prompt }).catch((error: unknown) => error);
    assert.ok(refusal instanceof ProviderError, `${refusal}`);
    assert.deepEqual([refusal.status, refusal.isRetryable], [400, false], refusal.message);
  }, maxModelLength === null ? "the context length is not known" : null);

  test("sample() refuses a model that is not served, for good", async () => {
    const policy = await openUnknownModel?.();
    assert.ok(policy);
    const refusal = await policy.sample(REQUEST).catch((error: unknown) => error);
    assert.ok(refusal instanceof ProviderError, `${refusal}`);
    assert.deepEqual([refusal.status, refusal.isRetryable], [404, false], refusal.message);
  }, openUnknownModel === undefined ? "there is no server to ask" : null);
}
