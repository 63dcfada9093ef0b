import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDecontaminator } from "../../lib/cli/decontaminator.ts";
import { loadProblems } from "../../lib/datasets/mod.ts";
import { readParquetRows } from "../../lib/store/mod.ts";

const fixtures = fileURLToPath(new URL("../../fixtures", import.meta.url));

Deno.test("every evaluation problem is known, and no starter problem that is trained on is one", async () => {
  const decontaminator = await openDecontaminator();
  const found = async (set: string) => {
    const counts: Record<string, number> = {};
    for (
      const { question } of await loadProblems(set, { fixtures, readParquet: readParquetRows })
    ) {
      const kind = decontaminator.check(question)?.kind ?? "clean";
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  };
  assert.deepEqual(await found("aime24"), { exact: 30 });
  assert.deepEqual(await found("starter_test"), { exact: 2000 });
  for (const set of ["starter_train", "control_train"]) {
    const { clean, ...rest } = await found(set);
    assert.deepEqual(rest, {});
    assert.ok(clean !== undefined && clean > 0);
  }
});

Deno.test("problems that were fetched to be measured on are known", async () => {
  const fetched = await Deno.makeTempDir();
  try {
    const question = "A fetched problem that ships with nobody: how much is one and one?";
    const row = {
      id: "gaokao2023en/1",
      source: "gaokao2023en",
      question,
      answer: "2",
      level: null,
    };
    await Deno.writeTextFile(
      join(fetched, "gaokao2023en.jsonl"),
      `${JSON.stringify({ ...row, meta: {} })}\n`,
    );
    assert.equal((await openDecontaminator({ fetched })).check(question)?.kind, "exact");
    assert.equal((await openDecontaminator({ fetched: "/nowhere" })).check(question), null);
  } finally {
    await Deno.remove(fetched, { recursive: true });
  }
});

Deno.test("problems of a suite of the user's own are known", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const question = "A problem of somebody's own that ships with nobody: what is two and two?";
    await Deno.writeTextFile(
      join(folder, "own.jsonl"),
      `${JSON.stringify({ question, answer: "4" })}\n`,
    );
    const suite = join(folder, "own.json");
    await Deno.writeTextFile(
      suite,
      JSON.stringify({ name: "own", description: "Own ones", problems: "own.jsonl" }),
    );
    const suites = ["gsm8k", suite];
    assert.deepEqual((await openDecontaminator({ suites })).check(question), {
      kind: "exact",
      suite: "own",
    });
    assert.equal((await openDecontaminator()).check(question), null);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
