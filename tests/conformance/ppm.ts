/** Tests that every PPM behind an endpoint must pass, whatever serves it: toy server, recordings, embedded engine, real servers. */
import assert from "node:assert/strict";
import { policyPrompt } from "../../lib/core/mod.ts";
import type { Ppm } from "../../lib/endpoint/mod.ts";

/** How to get at the PPM under test. */
export interface PpmUnderTest {
  /** Called once per test. */
  readonly open: () => Promise<Ppm>;
  /** Logits as the model gives them, computed elsewhere; absent where they are not known. */
  readonly reference?: (texts: readonly string[]) => Promise<readonly number[]>;
  /** Why it cannot be tested here; `null` when it can. */
  readonly missing?: string | null;
  /** Whether a process of its own serves it, which is read from all the time. @default false */
  readonly isProcess?: boolean;
}

/** How far a logit may lie from the same computation in another batch, or elsewhere. */
const TOLERANCE = 1e-4;

const PROMPT = policyPrompt("Tom has 3 apples and buys 4 more. How many apples does he have?");
const TEXTS = [
  PROMPT,
  `${PROMPT}<code>\n# Step 1: add\ntotal = 3 + 4\n<end_of_step>`,
  `${PROMPT}<code>\n# Step 1: subtract\ntotal = 3 - 4\n<end_of_step>`,
  `${PROMPT}<code>\nprint(7)\n<end_of_code>\n<output>7\n<end_of_output>\n`,
  "1",
];

function assertClose(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of actual.entries()) {
    const wanted = expected[i] ?? NaN;
    assert.ok(Math.abs(value - wanted) <= TOLERANCE, `score ${i}: ${value}, expected ${wanted}`);
  }
}

/** Runs the suite over one PPM. */
export function testPpm(name: string, subject: PpmUnderTest): void {
  const { open, reference, missing = null, isProcess = false } = subject;
  if (missing !== null) {
    Deno.test.ignore(`${name} (ignored: ${missing})`, () => {});
    return;
  }
  const test = (what: string, fn: (ppm: Ppm) => Promise<void>, skipped: string | null = null) => {
    Deno.test({
      name: `${name}: ${what}${skipped === null ? "" : ` (ignored: ${skipped})`}`,
      ignore: skipped !== null,
      sanitizeOps: !isProcess,
      fn: async () => await fn(await open()),
    });
  };

  test("score() gives one logit per text, whatever the batch and the order", async (ppm) => {
    const { logits, promptTokens, seconds } = await ppm.score(TEXTS);
    assert.ok(logits.every(Number.isFinite) && promptTokens > TEXTS.length && seconds >= 0);
    assert.ok(new Set(logits).size > 1, `${logits}`);
    assertClose((await ppm.score(TEXTS.toReversed())).logits.toReversed(), logits);
    const alone = [];
    for (const text of TEXTS) alone.push(...(await ppm.score([text])).logits);
    assertClose(alone, logits);
  });

  test("score() gives logits, not what a sigmoid makes of them", async (ppm) => {
    assertClose((await ppm.score(TEXTS)).logits, await reference?.(TEXTS) ?? []);
  }, reference === undefined ? "no reference is known" : null);

  test("score() needs no request for no texts", async (ppm) => {
    assert.deepEqual(await ppm.score([]), { logits: [], promptTokens: 0, seconds: 0, price: null });
  });

  test("score() takes a large batch, and equal texts", async (ppm) => {
    const texts = Array.from({ length: 96 }, (_, i) => TEXTS[i % TEXTS.length] ?? "");
    const { logits } = await ppm.score(texts);
    assertClose(logits.slice(TEXTS.length), logits.slice(0, -TEXTS.length));
  });

  test("score() answers many requests at once, each with its own", async (ppm) => {
    const { logits } = await ppm.score(TEXTS);
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) => ppm.score([TEXTS[i % TEXTS.length] ?? ""])),
    );
    assertClose(
      replies.flatMap((reply) => reply.logits),
      replies.map((_, i) => logits[i % TEXTS.length] ?? NaN),
    );
  });

  test("score() ends when the caller gives up, and the endpoint goes on", async (ppm) => {
    const controller = new AbortController();
    const ended = ppm.score(TEXTS, { signal: controller.signal })
      .then(() => "replied", (error: unknown) => error);
    controller.abort(new Error("enough"));
    const end = await ended;
    assert.ok(end === "replied" || (end instanceof Error && end.message === "enough"), `${end}`);
    assert.equal((await ppm.score(TEXTS)).logits.length, TEXTS.length);
  });
}
