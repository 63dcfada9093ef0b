import assert from "node:assert/strict";
import { z } from "zod";
import { gradeCases, type Grader, openGrader } from "../../lib/grading/mod.ts";
import { hasConfinedPython, openDirectSandbox } from "./_direct_sandbox.ts";

const SHARED = new URL("../../../shared/grading/", import.meta.url);
const Row = z.object({ id: z.string(), kind: z.string(), expected: z.boolean() });
const Result = z.object({ id: z.string(), verdict: z.boolean() });

async function* linesOf(text: string): AsyncGenerator<string> {
  for (const line of text.split("\n")) yield await Promise.resolve(line);
}

async function grade(text: string, grader: Grader) {
  const results = [];
  for await (const line of gradeCases(linesOf(text), grader)) {
    results.push(Result.parse(JSON.parse(line)));
  }
  return results;
}

for (const file of ["cases", "probes"]) {
  Deno.test({
    name:
      `gradeCases() agrees with every label of ../shared/grading/${file}.jsonl (needs it and the confined environment)`,
    ignore: !hasConfinedPython() || !exists(SHARED),
    fn: async () => {
      const text = await Deno.readTextFile(new URL(`${file}.jsonl`, SHARED));
      const rows = text.trim().split("\n").map((line) => Row.parse(JSON.parse(line)));
      await using sandbox = openDirectSandbox();
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
