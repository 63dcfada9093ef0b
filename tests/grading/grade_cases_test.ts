import assert from "node:assert/strict";
import { z } from "zod";
import { UsageError } from "../../lib/core/mod.ts";
import { exactGrader, type Grader, openGrader } from "../../lib/grading/mod.ts";
import { hasConfinedPython, openDirectSandbox } from "./_direct_sandbox.ts";
import { gradeLines } from "./_grade_lines.ts";
import { readPairText } from "./_graded_pairs.ts";

const Result = z.object({ id: z.string(), verdict: z.boolean(), extracted: z.string().nullable() });

async function grade(text: string, grader: Grader) {
  return (await gradeLines(text, grader)).map((result) => Result.parse(result));
}

Deno.test("gradeCases() answers every case in order and ignores unknown fields", async () => {
  await using grader = exactGrader();
  const rows = Array.from({ length: 200 }, (_, i) => ({
    id: `case-${i}`,
    kind: i % 2 === 0 ? "equiv" : "extract",
    gold: `${i}`,
    pred: i % 2 === 0 ? `${i}.0` : `So it is \\boxed{${i + (i % 3 === 0 ? 1 : 0)}}.`,
    note: "unknown",
  }));
  const results = await grade(rows.map((row) => JSON.stringify(row)).join("\n"), grader);
  assert.deepEqual(results.map((r) => r.id), rows.map((r) => r.id));
  assert.deepEqual(results.map((r) => r.verdict), rows.map((_, i) => i % 2 === 0 || i % 3 !== 0));
});

Deno.test("gradeCases() names the line that is no case", async () => {
  await using grader = exactGrader();
  const good = JSON.stringify({ id: "a", kind: "equiv", gold: "1", pred: "1" });
  await assert.rejects(grade(`${good}\n{"id":`, grader), (error) => {
    assert.ok(error instanceof UsageError);
    assert.equal(error.message, 'Cannot read line 2: expected JSON, got "{"id":"');
    return true;
  });
  await assert.rejects(
    grade(`${good}\n${good}\n{"id":"b"}`, grader),
    /^UsageError: Cannot read line 3: expected \{id, kind, gold, pred\}; /,
  );
});

Deno.test({
  name: "gradeCases() runs nothing that an answer says (needs the confined environment)",
  ignore: !hasConfinedPython(),
  fn: async () => {
    const cwd = await Deno.makeTempDir();
    try {
      await using sandbox = openDirectSandbox({ cwd });
      await using grader = openGrader({ sandbox });
      const results = await grade(hostileCases(), grader);
      assert.deepEqual(results.filter((result) => result.verdict), []);
      assert.deepEqual([...Deno.readDirSync(cwd)], []);
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  },
});

/** Each payload as an answer, as a reply, boxed, and where stage one would hand it to stage two. */
function hostileCases(): string {
  const own = [
    "open('marker', 'w').write('x')",
    "__import__('os').system('touch marker')",
    "(lambda: open('marker', 'w'))()",
    "(1).__class__.__mro__[1].__subclasses__()",
    "'); open('marker', 'w'); print('",
    "\\u0022); open(\\u0022marker\\u0022, \\u0022w\\u0022); (\\u0022",
    "{0.__class__}",
  ];
  const shared = readPairText("security").split("\n")
    .map((line) => z.object({ pred: z.string() }).parse(JSON.parse(line)).pred);
  return [...own, ...shared].flatMap((pred, i) => [
    { id: `${i}-equiv`, kind: "equiv", gold: "0", pred },
    { id: `${i}-extract`, kind: "extract", gold: "0", pred },
    { id: `${i}-security`, kind: "security", gold: "0", pred },
    { id: `${i}-boxed`, kind: "extract", gold: "x^2", pred: `\\boxed{${pred}}` },
    { id: `${i}-sum`, kind: "equiv", gold: "x^2", pred: `x+${pred}` },
  ]).map((row) => JSON.stringify(row)).join("\n");
}
