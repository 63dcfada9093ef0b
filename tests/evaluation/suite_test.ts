import assert from "node:assert/strict";
import {
  checkSuiteData,
  parseSuite,
  problemsChecksum,
  selectProblems,
  Suite,
} from "../../lib/evaluation/mod.ts";
import { PROBLEMS, SUITE } from "./_world.ts";

const order = <T>(all: readonly T[]) => all;

Deno.test("parseSuite() refuses an unknown field and says which there are", () => {
  const text = JSON.stringify({ name: "x", description: "x", problems: "x", temperature: 1 });
  assert.throws(() => parseSuite(text, "my.json"), {
    name: "ConfigError",
    message:
      /^Cannot read suite "my.json":[^]*temperature[^]*expected the fields name, description/,
  });
  assert.throws(() => parseSuite("{", "my.json"), { name: "ConfigError", message: /my\.json/ });
  assert.throws(
    () => parseSuite(JSON.stringify({ name: "a b", description: "x", problems: "x" }), "m"),
    {
      name: "ConfigError",
    },
  );
});

Deno.test("checkSuiteData() refuses data that are not those of the suite", () => {
  const checksum = problemsChecksum(PROBLEMS);
  const pinned = Suite.parse({ ...SUITE, sha256: checksum, count: 4 });
  assert.equal(checkSuiteData(pinned, PROBLEMS), checksum);
  const changed = PROBLEMS.map((problem, i) => (i === 2 ? { ...problem, answer: "6" } : problem));
  assert.throws(() => checkSuiteData(pinned, changed), {
    name: "DatasetError",
    message: new RegExp(
      `suite "known": expected sha256 ${checksum} of "known.jsonl", got [0-9a-f]{64}`,
    ),
  });
  assert.throws(() => checkSuiteData(pinned, PROBLEMS.slice(1)), {
    name: "DatasetError",
    message: /expected problems 4 of "known.jsonl", got 3/,
  });
});

Deno.test("selectProblems() filters by level, subject, id and limit", () => {
  const ids = (selection: object) =>
    selectProblems(SUITE, PROBLEMS, { order, ...selection }).map(({ id }) => id);
  assert.deepEqual(ids({ limit: 2 }), ["known/1", "known/2"]);
  assert.deepEqual(ids({ levels: [2] }), ["known/3", "known/4"]);
  assert.deepEqual(ids({ ids: ["known/4"] }), ["known/4"]);
});

Deno.test("selectProblems() says what there is when nothing is left", () => {
  assert.throws(() => selectProblems(SUITE, PROBLEMS, { order, levels: [9] }), {
    name: "UsageError",
    message:
      'Cannot measure suite "known": no problem is left of 4; levels are 1, 2, subjects are none',
  });
  assert.throws(() => selectProblems(SUITE, PROBLEMS, { order, ids: ["known/9"] }), {
    name: "UsageError",
    message:
      'Cannot measure problem "known/9": suite "known" has none of this id; ids look like "known/1"',
  });
});
