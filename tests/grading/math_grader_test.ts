import assert from "node:assert/strict";
import { InfrastructureError, SandboxUnavailableError } from "../../lib/core/mod.ts";
import { GRADING_SANDBOX, openGrader, stringGrader } from "../../lib/grading/mod.ts";
import type { Sandbox, StepOutcome, StepRequest } from "../../lib/sandbox/sandbox.ts";
import { CANNOT_RUN, openReal } from "../real_sandbox.ts";

const ALGEBRA = { answer: "x^2-1", meta: {} };

/** A sandbox that answers by script. */
function scripted(run: (request: StepRequest) => Partial<StepOutcome>): Sandbox {
  const info = { tier: "stub", description: "", python: "", packages: {}, limits: {}, workers: 1 };
  return {
    info: info as unknown as Sandbox["info"],
    openSession: () => ({
      // deno-lint-ignore require-await -- a thrown error must become a rejection
      run: async (request) =>
        ({ status: "ok", stdout: "", error: null, ...run(request) }) as StepOutcome,
      release: () => {},
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
    metrics: () => {
      throw new Error("Cannot count");
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The pairs that a program carries. */
function pairsOf(code: string): { gold: string; answer: string }[] {
  return JSON.parse(
    JSON.parse(
      code.slice(code.indexOf("(", code.indexOf("grade_batch")) + 1, code.lastIndexOf("))")),
    ),
  );
}

Deno.test("grade() finds the pair that ran out of time and judges the others of its batch", async () => {
  const sandbox = scripted(({ code }) => {
    const pairs = pairsOf(code);
    if (pairs.some((pair) => pair.answer === "slow^x")) return { status: "timeout" };
    return { stdout: JSON.stringify(pairs.map(() => ({ equal: true, ms: 1 }))) };
  });
  await using grader = openGrader({ sandbox });
  const verdicts = await Promise.all(
    ["(x-1)(x+1)", "slow^x", "x^2-1+0x"].map((answer) => grader.grade(ALGEBRA, answer)),
  );
  assert.deepEqual(verdicts.map((v) => [v.correct, v.reason, v.stage]), [
    [true, "equal", "symbolic"],
    [false, "timeout", "symbolic"],
    [true, "equal", "symbolic"],
  ]);
});

Deno.test("grade() finds a pair that ends its whole batch by halving, not one by one", async () => {
  const sizes: number[] = [];
  const sandbox = scripted(({ code }) => {
    const pairs = pairsOf(code);
    sizes.push(pairs.length);
    if (pairs.some((pair) => pair.answer === "x+5")) return { status: "memory", cpuMs: 7 };
    return { stdout: JSON.stringify(pairs.map(() => ({ equal: true, ms: 1 }))) };
  });
  await using grader = openGrader({ sandbox });
  const verdicts = await Promise.all(
    Array.from({ length: 16 }, (_, i) => grader.grade(ALGEBRA, `x+${i}`)),
  );
  assert.deepEqual(verdicts.filter((v) => !v.correct).map((v) => [v.answer, v.reason]), [
    ["x+5", "memory"],
  ]);
  assert.deepEqual(sizes, [16, 8, 4, 4, 2, 1, 1, 2, 8]);
});

Deno.test("grade() sends once more what a batch had no time for, and keeps what it judged", async () => {
  const sizes: number[] = [];
  const sandbox = scripted(({ code }) => {
    const pairs = pairsOf(code);
    sizes.push(pairs.length);
    const at = pairs.findIndex((pair) => pair.answer === "x+5");
    const judged = pairs.slice(0, at < 0 ? pairs.length : at + 1).map(({ answer }) =>
      answer === "x+5" ? { equal: false, failed: "OutOfTime", ms: 1500 } : { equal: true, ms: 1 }
    );
    return { stdout: JSON.stringify(judged) };
  });
  await using grader = openGrader({ sandbox });
  const verdicts = await Promise.all(
    Array.from({ length: 16 }, (_, i) => grader.grade(ALGEBRA, `x+${i}`)),
  );
  assert.deepEqual(sizes, [16, 10]);
  assert.deepEqual(verdicts.filter((v) => !v.correct).map((v) => [v.answer, v.reason]), [
    ["x+5", "timeout"],
  ]);
  // Every verdict has its own time.
  assert.ok((verdicts[5]?.elapsedMs ?? 0) >= 1500);
  assert.ok(verdicts.every((v, i) => i === 5 || v.elapsedMs < 1500));
});

Deno.test("grade() asks once for answers that are the same, at once or later", async () => {
  let asked = 0;
  const sandbox = scripted(({ code }) => {
    asked += pairsOf(code).length;
    return { stdout: JSON.stringify(pairsOf(code).map(() => ({ equal: false, ms: 1 }))) };
  });
  await using grader = openGrader({ sandbox });
  await Promise.all(["x+1", "$x+1$", "x + 1"].map((answer) => grader.grade(ALGEBRA, answer)));
  await grader.grade(ALGEBRA, "\\boxed{x+1}");
  assert.equal(asked, 2); // "x+1" and "x + 1" differ as text
});

Deno.test("grade() retries a lost worker once, then reports the machinery and judges nothing", async () => {
  let lost = 0;
  const sandbox = scripted(() => {
    lost++;
    throw new SandboxUnavailableError("worker 1 ended");
  });
  await using grader = openGrader({ sandbox });
  await assert.rejects(grader.grade(ALGEBRA, "x+1"), (error) => {
    assert.ok(error instanceof InfrastructureError);
    assert.equal(error.boundary, "grader");
    assert.equal(error.message, "Cannot grade: the worker was lost twice: worker 1 ended");
    return true;
  });
  assert.equal(lost, 2);
});

Deno.test("grade() sends answers as data that no quote or escape can leave", async () => {
  const answer = "x'\"\\u0022)\u2028é)+__import__('os')";
  const seen: string[] = [];
  const sandbox = scripted(({ code }) => {
    assert.match(code, /^[\x20-\x7e\n]*$/);
    seen.push(...pairsOf(code).map((pair) => pair.answer));
    return { stdout: JSON.stringify(pairsOf(code).map(() => ({ equal: false, ms: 1 }))) };
  });
  await using grader = openGrader({ sandbox });
  assert.equal((await grader.grade(ALGEBRA, answer)).correct, false);
  assert.equal(seen.length, 1);
});

Deno.test("grade() uses what the set says: several answers, unit, tolerance, choice", async () => {
  await using grader = openGrader({ sandbox: scripted(() => ({ status: "error" })) });
  const judge = async (answer: string, meta: object, given: string) =>
    (await grader.grade({ answer, meta }, given)).correct;
  assert.equal(await judge("1,-1,7", { isMultipleAnswer: true }, "7, 1, -1"), true);
  assert.equal(await judge("1,-1,7", { isMultipleAnswer: true }, "7, 1"), false);
  assert.equal(await judge("5", { unit: "cm" }, "5 cm"), true);
  assert.equal(await judge("5", { unit: "cm" }, "5"), true);
  assert.equal(await judge("5", { unit: "cm" }, "5 \\text{ km}"), false);
  assert.equal(await judge("5.1", { tolerance: 0.1 }, "5.2"), true);
  assert.equal(await judge("B", { answerType: "choice" }, "(B) 12"), true);
  assert.equal(await judge("B", { answerType: "choice" }, "(C) 12"), false);
});

Deno.test("grade() refuses within its bounds what nobody should expand, and says that nothing was found", async () => {
  await using grader = openGrader({ sandbox: scripted(() => assert.fail("was sent")) });
  const started = performance.now();
  for (
    const answer of [
      "2^{2^{2^{49}}}",
      "1000000!",
      `${"{".repeat(10_000)}x`,
      "x".repeat(10_000_000),
      "9^{99999999999}",
    ]
  ) {
    const verdict = await grader.grade(ALGEBRA, answer);
    assert.deepEqual(
      [verdict.correct, verdict.reason],
      [false, "too_complex"],
      answer.slice(0, 30),
    );
  }
  assert.equal((await grader.grade(ALGEBRA, null)).reason, "no_answer");
  assert.ok(performance.now() - started < 500);
});

Deno.test("stringGrader() accepts equal strings after normalisation only", async () => {
  await using grader = stringGrader();
  const judge = async (gold: string, answer: string) =>
    (await grader.grade({ answer: gold, meta: {} }, answer)).correct;
  assert.equal(await judge("1/2", "\\dfrac12"), true);
  assert.equal(await judge("5", "x=5"), true);
  assert.equal(await judge("2/4", "1/2"), false);
});

Deno.test({
  name: "grade() ends a pair that runs too long (needs the confined environment)",
  ignore: CANNOT_RUN !== null,
  fn: async () => {
    await using sandbox = await openReal(GRADING_SANDBOX);
    await using grader = openGrader({ sandbox });
    const slow = "\\sum_{k=1}^{9000} \\sqrt{k^3+\\sqrt{k}}";
    const verdicts = await Promise.all([
      grader.grade({ answer: "1", meta: {} }, slow),
      ...Array.from({ length: 15 }, (_, i) => grader.grade(ALGEBRA, `(x+${i})(x-${i})`)),
    ]);
    assert.deepEqual([verdicts[0]?.correct, verdicts[0]?.reason], [false, "timeout"]);
    assert.deepEqual(
      verdicts.slice(1).map((v) => v.correct),
      Array.from(
        { length: 15 },
        (_, i) => i === 1,
      ),
    );
    // One batch for the slow pair, one for the others: nothing was tried one by one.
    assert.equal(sandbox.metrics().steps, 2);
  },
});
