import assert from "node:assert/strict";
import fc from "fast-check";
import type { Json } from "../../../lib/core/mod.ts";
import { type PrintOptions, printRows } from "../../../lib/cli/sql/output.ts";

type Rows = readonly (readonly Json[])[];

/** Prints some batches and returns the text. */
async function printed(
  batches: readonly Rows[],
  options: Partial<PrintOptions> & {
    readonly isTerminal?: boolean;
    readonly types?: readonly string[];
  },
): Promise<string> {
  let text = "";
  const columns = ["a", "b"];
  await printRows(
    {
      columns,
      types: options.types ?? [],
      batches: (async function* () {
        yield* batches;
      })(),
    },
    { format: "csv", maxRows: 10, ...options },
    {
      isTerminal: options.isTerminal ?? false,
      write: (more) => Promise.resolve(void (text += more)),
    },
  );
  return text;
}

Deno.test("printRows() prints CSV that tells NULL from an empty text", async () => {
  const rows: Rows = [[1, null], ["", 'say "x",\nthen'], [true, [1, { c: "d" }]]];
  assert.equal(
    await printed([rows.slice(0, 1), rows.slice(1)], {}),
    'a,b\n1,\n"","say ""x"",\nthen"\ntrue,"[1,{""c"":""d""}]"\n',
  );
  assert.equal(await printed([], {}), "a,b\n");
});

Deno.test("printRows() prints JSON in one line, batch by batch", async () => {
  assert.equal(
    await printed([[[1, null]], [], [["x\ny", [2]]]], { format: "json" }),
    '[{"a":1,"b":null},{"a":"x\\ny","b":[2]}]\n',
  );
  assert.equal(await printed([], { format: "json" }), "[]\n");
});

Deno.test("printRows() prints JSON that reads back, without a character that a terminal obeys", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.jsonValue({ maxDepth: 2 })), {
        maxLength: 5,
      }),
      async (rows) => {
        const text = await printed([rows as Rows], { format: "json" });
        assert.doesNotMatch(text.slice(0, -1), /\p{Cc}/u);
        const expected = JSON.parse(JSON.stringify(rows)) as [string, unknown][];
        assert.deepEqual(JSON.parse(text), expected.map(([a, b]) => ({ a, b })));
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("printRows() shows control characters of model text and does not send them to a terminal", async () => {
  const rows: Rows = [["\u001b[31mred\u009b", "one\ntwo\u202e"]];
  const table = await printed([rows], { format: "table" });
  assert.match(table, /\ufffd\[31mred\ufffd/);
  assert.match(table, /one\u23cetwo\ufffd/);
  assert.equal(
    await printed([rows], { isTerminal: true }),
    'a,b\n\ufffd[31mred\ufffd,"one\ntwo\ufffd"\n',
  );
  assert.ok((await printed([rows], {})).includes("\u001b[31m"), "a file gets what is stored");
});

Deno.test("printRows() ends a table after the rows that were asked for", async () => {
  let taken = 0;
  let isFreed = false;
  async function* endless() {
    try {
      for (;;) {
        taken++;
        yield [[taken, null], [taken, null]];
        await Promise.resolve();
      }
    } finally {
      isFreed = true;
    }
  }
  let text = "";
  await printRows(
    { columns: ["a", "b"], types: [], batches: endless() },
    { format: "table", maxRows: 3 },
    { isTerminal: false, write: (more) => Promise.resolve(void (text += more)) },
  );
  assert.deepEqual([taken, isFreed], [2, true]);
  assert.match(text, /first 3 rows; --rows shows more, --format csv and json show all\n$/);
  assert.match(await printed([[[1, 2]]], { format: "table" }), /\n1 rows\n$/);
  assert.match(await printed([[["x".repeat(500), 2]]], { format: "table" }), / x{79}… /);
});

Deno.test("printRows() ends when nobody reads any more", async () => {
  await printRows(
    {
      columns: ["a"],
      types: [],
      batches: (async function* () {
        yield [[1]];
      })(),
    },
    { format: "csv", maxRows: 3 },
    { isTerminal: false, write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")) },
  );
  await assert.rejects(
    printRows(
      {
        columns: ["a"],
        types: [],
        batches: (async function* () {
          yield [[1]];
        })(),
      },
      { format: "csv", maxRows: 3 },
      { isTerminal: false, write: () => Promise.reject(new Error("disk full")) },
    ),
    { message: "disk full" },
  );
});

Deno.test("printRows() shows measured numbers to a person as far as one reads them, and writes them in full", async () => {
  const rows: Rows = [
    [-5.55e-17, 0.1 + 0.2],
    [1 / 3, 123_456_789.25],
    [-0.000123456789, 4],
    ["0.1234567891", 12_345_678],
  ];
  const types = ["DOUBLE", "DOUBLE"];
  const table = await printed([rows], { format: "table", types });
  const cells = table.split("\n").filter((line) => line.includes("│"))
    .map((line) => line.split("│").slice(1, -1).map((cell) => cell.trim()));
  assert.deepEqual(cells.slice(1), [
    ["0", "0.3"],
    ["0.333333", "123456789"],
    ["-0.000123457", "4"],
    ["0.1234567891", "12345678"],
  ]);
  assert.match(
    await printed([rows], { format: "csv", types }),
    /^-5\.55e-17,0\.30000000000000004$/m,
  );
  assert.match(await printed([rows], { format: "json", types }), /-5\.55e-17/);
});
