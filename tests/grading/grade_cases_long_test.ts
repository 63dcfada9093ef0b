import assert from "node:assert/strict";
import process from "node:process";
import { z } from "zod";
import { GRADING_SANDBOX, openGrader } from "../../lib/grading/mod.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import { CANNOT_RUN, openReal } from "../real_sandbox.ts";
import { gradeLines } from "./_grade_lines.ts";
import { CHANGES, TEMPLATES } from "./_changed_letters.ts";
import { PAIR_FILES, readPairs, readPairText } from "./_graded_pairs.ts";
import { hostileAnswers } from "./_hostile.ts";

const Result = z.object({ verdict: z.boolean(), reason: z.string() });

for (const file of PAIR_FILES) {
  Deno.test({
    name: `gradeCases() agrees with every label of ${file}.jsonl (needs the confined environment)`,
    ignore: CANNOT_RUN !== null,
    fn: async () => {
      await using sandbox = await openReal(GRADING_SANDBOX);
      await using grader = openGrader({ sandbox });
      const results = (await gradeLines(readPairText(file), grader)).map((r) => Result.parse(r));
      const wrong = readPairs(file).filter((row, i) => row.expected !== results[i]?.verdict);
      assert.deepEqual(wrong, []);
    },
  });
}

Deno.test({
  name:
    "openGrader() tells a letter from another case of it, and from itself with a mark (needs the confined environment)",
  ignore: CANNOT_RUN !== null,
  fn: async () => {
    await using sandbox = await openReal(GRADING_SANDBOX);
    await using grader = openGrader({ sandbox });
    const pairs = TEMPLATES.flatMap((template) =>
      CHANGES.map((change) => [template("k"), template(change("k"))] as const)
    );
    const verdicts = await Promise.all(
      pairs.map(([gold, answer]) => grader.grade({ answer: gold, meta: {} }, answer)),
    );
    assert.deepEqual(pairs.filter((_, i) => verdicts[i]?.correct), []);
  },
});

Deno.test({
  name:
    "gradeCases() ends 1,000 hostile answers within 60 s of processor time and accepts none (needs the confined environment)",
  ignore: CANNOT_RUN !== null,
  fn: async () => {
    await using real = await openReal(GRADING_SANDBOX);
    const { sandbox, cpuMs } = metered(real);
    await using grader = openGrader({ sandbox });
    const before = process.cpuUsage();
    const lines = hostileAnswers(1_000).map((pred, i) =>
      JSON.stringify({ id: i, kind: i % 3 === 0 ? "extract" : "equiv", gold: "q^2+17", pred })
    );
    const results = (await gradeLines(lines.join("\n"), grader)).map((r) => Result.parse(r));
    const { user, system } = process.cpuUsage(before);
    assert.equal(results.length, 1_000);
    assert.deepEqual(results.filter((result) => result.verdict), []);
    const seconds = (cpuMs() + (user + system) / 1000) / 1000;
    assert.ok(seconds < 60, `${seconds} s of processor time`);
  },
});

/** The sandbox, and the processor time that its steps took. */
function metered(inner: Sandbox): { sandbox: Sandbox; cpuMs: () => number } {
  let cpuMs = 0;
  const sandbox: Sandbox = {
    info: inner.info,
    openSession() {
      const session = inner.openSession();
      return {
        async run(request, options) {
          const outcome = await session.run(request, options);
          cpuMs += outcome.cpuMs;
          return outcome;
        },
        release: (state) => session.release(state),
        [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
      };
    },
    metrics: () => inner.metrics(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { sandbox, cpuMs: () => cpuMs };
}
