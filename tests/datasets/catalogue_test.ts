import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { loadProblems, shippedSets } from "../../lib/datasets/mod.ts";

const fixtures = fileURLToPath(new URL("../../fixtures", import.meta.url));
const options = { fixtures, readParquet: () => Promise.reject(new Error("not used")) };

Deno.test("loadProblems() loads every shipped set with its checksum and its count", async () => {
  for (const set of await shippedSets(fixtures)) {
    const problems = await loadProblems(set.name, options);
    assert.equal(problems.length, set.rows, set.name);
    assert.ok(problems.every(({ id }) => id.startsWith(`${set.name}/`)));
  }
});

Deno.test("the shipped sets have the references that their origins give", async () => {
  const answer = async (name: string, id: string) =>
    (await loadProblems(name, options)).find((problem) => problem.id === `${name}/${id}`)?.answer;
  assert.equal(await answer("gsm8k_test", "0"), "18");
  assert.equal(await answer("aime24", "60"), "204");
  assert.equal(await answer("amc23", "0"), "27");
  assert.equal(await answer("math_test", "414"), "-2, 1");
  const college = await loadProblems("college_math", options);
  assert.ok(college.every(({ meta }) => !/NonCommercial|BY-NC/i.test(meta.licence ?? "")));
});

Deno.test("loadProblems() names the set that was meant", async () => {
  await assert.rejects(loadProblems("gsm8k_tst", options), {
    name: "DatasetError",
    message: /^Cannot find problem set "gsm8k_tst": .*; did you mean "gsm8k_test"\?$/,
  });
});
