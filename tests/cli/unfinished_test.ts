import assert from "node:assert/strict";
import { InfrastructureError } from "../../lib/core/mod.ts";
import { requireFinished, undoneWayOn } from "../../lib/cli/unfinished.ts";

Deno.test.each<[number, number, number, boolean]>([
  [0, 60, 0, true],
  [1, 60, 0.02, true],
  [2, 60, 0.02, false],
  [2, 100, 0.02, true],
  [3, 100, 0.02, false],
  [1, 3, 0.02, true],
  [1, 60, 0, false],
  [60, 60, 1, true],
])(
  "%d of %d unfinished with a share of %d goes on: %s",
  (unfinished, total, maxUnfinished, goesOn) => {
    const said: string[] = [];
    const reporter = { warn: (text: string) => void said.push(text) };
    const check = () =>
      requireFinished(unfinished, { what: "trees", total, maxUnfinished, reporter });
    if (!goesOn) {
      assert.throws(check, (error) => {
        assert.ok(error instanceof InfrastructureError);
        assert.match(error.message, /could not be finished.*--max-unfinished/);
        return true;
      });
      return;
    }
    check();
    assert.equal(said.length, unfinished === 0 ? 0 : 1);
    for (const line of said) assert.match(line, /going on without them/);
  },
);

Deno.test("undoneWayOn() says that the same command goes on only with trees that were not given up", () => {
  assert.equal(undoneWayOn({ undone: 3, givenUp: 0 }), "the same command goes on with them");
  assert.match(
    undoneWayOn({ undone: 3, givenUp: 1 }),
    /^the same command goes on with 2 of them; 1 are given up, because they failed 5 times/,
  );
  assert.match(undoneWayOn({ undone: 3, givenUp: 3 }), /^3 are given up, because/);
});
