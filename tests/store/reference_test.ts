import assert from "node:assert/strict";
import { ANALYSES, openReadOnly, openStore, sqlReference, VIEWS } from "../../lib/store/mod.ts";
import { allRows, temporaryFolder } from "./_files.ts";

Deno.test("docs/sql.md is what deno task sql --docs prints", async () => {
  const path = new URL("../../docs/sql.md", import.meta.url);
  assert.equal(
    await Deno.readTextFile(path),
    await sqlReference(),
    "make it anew: deno task sql --docs > docs/sql.md",
  );
});

Deno.test("every remark of a view belongs to a column of it", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using _store = await openStore(path);
  }
  using database = await openReadOnly(path);
  for (const { name, columns } of VIEWS) {
    const found = await allRows(database.query(`DESCRIBE ${name}`));
    const names = found.map(([column]) => column);
    assert.deepEqual(Object.keys(columns).filter((column) => !names.includes(column)), [], name);
  }
});

Deno.test("every analysis and every example answers on an empty database", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using _store = await openStore(path);
  }
  using database = await openReadOnly(path);
  for (const { example } of VIEWS) await allRows(database.query(example));
  for (const { sql, parameters } of ANALYSES) {
    const values = parameters.map((name) => (name === "limit" ? 5 : null));
    assert.deepEqual(await allRows(database.query(sql, { parameters: values })), []);
  }
});

Deno.test("names of views and analyses are unique", () => {
  const names = [...VIEWS, ...ANALYSES].map(({ name }) => name);
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  assert.deepEqual(twice, ["errors", "cost"], "an analysis may show the view of its name");
});
