import assert from "node:assert/strict";
import { z } from "zod";
import { type Grader, GRADING_SANDBOX, openGrader } from "../../lib/grading/mod.ts";
import { CANNOT_RUN, openReal } from "../real_sandbox.ts";
import { gradeLines } from "./_grade_lines.ts";

const SHARED = new URL("../../../shared/grading/", import.meta.url);
const Row = z.object({ id: z.string(), kind: z.string(), expected: z.boolean() });
const Result = z.object({ id: z.string(), verdict: z.boolean() });

async function grade(text: string, grader: Grader) {
  return (await gradeLines(text, grader)).map((result) => Result.parse(result));
}

for (const file of ["cases", "probes"]) {
  Deno.test({
    name:
      `gradeCases() agrees with every label of ../shared/grading/${file}.jsonl (needs it and the confined environment)`,
    ignore: CANNOT_RUN !== null || !exists(SHARED),
    fn: async () => {
      const text = await Deno.readTextFile(new URL(`${file}.jsonl`, SHARED));
      const rows = text.trim().split("\n").map((line) => Row.parse(JSON.parse(line)));
      await using sandbox = await openReal(GRADING_SANDBOX);
      await using grader = openGrader({ sandbox });
      const results = await grade(text, grader);
      const wrong = rows.filter((row, i) => row.expected !== results[i]?.verdict);
      assert.deepEqual(wrong, []);
    },
  });
}

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}
