import assert from "node:assert/strict";
import { parseAsked } from "../../../lib/cli/sql/statement.ts";
import { statementOf } from "../../../lib/store/mod.ts";

Deno.test("parseAsked() tells a named analysis from SQL", () => {
  const asked = parseAsked(" hardest; \n", { run: "it's", limit: 3 });
  assert.ok("analysis" in asked);
  const { sql, ...bound } = statementOf(asked);
  assert.deepEqual(bound, { parameters: ["it's", null, 3] });
  assert.ok(!sql.includes("it's"), "values are bound, not written into the statement");
  assert.deepEqual(parseAsked("SELECT 1", {}), { sql: "SELECT 1" });
});

Deno.test.each<[string, Parameters<typeof parseAsked>, RegExp]>([
  ["nothing", [" ; ", {}], /^Cannot run the statement: expected SQL or the name of an analysis/],
  [
    "a word that is near to an analysis",
    ["calibraton", {}],
    /^Cannot run "calibraton": it is neither SQL nor the name of an analysis; did you mean "calibration"\?$/,
  ],
  ["another word", ["trees", {}], /there are q-by-depth, calibration, /],
  [
    "a limit on SQL",
    ["SELECT 1", { limit: 3 }],
    /^Cannot use --limit with a statement of your own/,
  ],
  ["a limit on what does not rank", ["errors", { limit: 3 }], /^Cannot use --limit with "errors"/],
])("parseAsked() refuses %s", (_name, args, message) => {
  assert.throws(() => parseAsked(...args), { name: "UsageError", message });
});
