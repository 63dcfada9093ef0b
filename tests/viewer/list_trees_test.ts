import assert from "node:assert/strict";
import { openReadOnly, openStore } from "../../lib/store/mod.ts";
import { handleRequest, type RunRow, type TreePage } from "../../lib/viewer/mod.ts";
import { testRun } from "../conformance/store.ts";
import { temporaryFolder } from "../store/_files.ts";
import { askFor, request, viewerOptions, withTrees } from "./_ask.ts";

/** Problem and round of every listed tree. */
function names({ rows }: TreePage): readonly string[] {
  return rows.map(({ problem, round }) => `${problem} ${round}`);
}

Deno.test("/api/runs lists runs with their rounds, and those without a tree", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using store = await openStore(path);
    await store.openRun(testRun());
  }
  using reader = await openReadOnly(path);
  const parts = viewerOptions(reader);
  const ask = async (path: string) => await (await handleRequest(request(path), parts)).json();
  assert.deepEqual(await ask("/api/runs"), [{ run: "r", command: "synth", rounds: [], trees: 0 }]);
  assert.deepEqual(await ask("/api/trees"), { total: 0, rows: [] });
  assert.deepEqual(await ask("/api/errors"), []);
  await withTrees(async (ask) => {
    const runs = await askFor<readonly RunRow[]>(ask, "/api/runs");
    assert.deepEqual(runs, [{ run: "r", command: "synth", rounds: [1, 2], trees: 3 }]);
  });
});

Deno.test("/api/trees shows what is known of a tree", async () => {
  await withTrees(async (ask) => {
    const { total, rows } = await askFor<TreePage>(ask, "/api/trees?round=1&solved=yes");
    assert.equal(total, 1);
    const [{ tree: _, ...row } = { tree: "" }] = rows;
    assert.deepEqual(row, {
      problem: "test/1",
      level: 1,
      run: "r",
      round: 1,
      seed: 0,
      solved: true,
      nodes: 6,
      rollouts: 2,
      right: 1,
      wrong: 1,
      firstCorrect: 1,
      tokens: 68,
      q: 0.75,
      question: "Question 1",
    });
  });
});

const ALL = ["test/1 1", "test/1 2", "test/2 1"];
const FIRST = ["test/1 1", "test/1 2"];

const FILTERS: readonly { readonly query: string; readonly expected: readonly string[] }[] = [
  { query: "", expected: ALL },
  { query: "run=r", expected: ALL },
  { query: "run=other", expected: [] },
  { query: "round=2", expected: ["test/1 2"] },
  { query: "solved=yes", expected: FIRST },
  { query: "solved=no", expected: ["test/2 1"] },
  { query: "level=2", expected: ["test/2 1"] },
  { query: "minQ=0.75", expected: ALL },
  { query: "minQ=0.76", expected: [] },
  { query: "minVisits=2", expected: ALL },
  { query: "minVisits=3", expected: [] },
  { query: "error=NameError", expected: ALL },
  { query: "error=code_error", expected: ALL },
  { query: "error=ValueError", expected: [] },
  { query: "text=QUESTION%202", expected: ["test/2 1"] },
  { query: "text=test/1", expected: FIRST },
  { query: "text=%25", expected: [] },
  { query: "text='%20OR%20true%20--", expected: [] },
  { query: "text=Question&solved=no&level=2", expected: ["test/2 1"] },
  { query: "sort=level&descending=1", expected: ["test/2 1", "test/1 1", "test/1 2"] },
  { query: "sort=solved", expected: ["test/2 1", "test/1 1", "test/1 2"] },
  { query: "sort=q&limit=1&offset=1", expected: ["test/2 1"] },
];

Deno.test("/api/trees filters by everything that is shown, and orders", async () => {
  await withTrees(async (ask) => {
    for (const { query, expected } of FILTERS) {
      const page = await askFor<TreePage>(ask, `/api/trees?${query}`);
      assert.deepEqual(names(page), expected, query);
    }
  });
});

Deno.test("/api/trees gives pages that together are the whole, in every order", async () => {
  await withTrees(async (ask) => {
    for (const sort of ["problem", "level", "solved", "nodes", "rollouts", "tokens", "q"]) {
      const whole = await askFor<TreePage>(ask, `/api/trees?sort=${sort}`);
      const pages = await Promise.all(
        [0, 2].map((offset) =>
          askFor<TreePage>(ask, `/api/trees?sort=${sort}&limit=2&offset=${offset}`)
        ),
      );
      assert.deepEqual(pages.map(({ total }) => total), [3, 3]);
      assert.deepEqual(pages.flatMap(({ rows }) => rows), whole.rows);
    }
  });
});

const REFUSED: readonly { readonly query: string; readonly about: RegExp }[] = [
  { query: "colour=red", about: /Unrecognized key: "colour"/ },
  { query: "sort=question", about: /^Cannot answer: sort: / },
  { query: "limit=501", about: /^Cannot answer: limit: / },
  { query: "offset=-1", about: /^Cannot answer: offset: / },
  { query: "level=x", about: /^Cannot answer: level: / },
  { query: "minQ=2", about: /^Cannot answer: minQ: / },
  { query: `text=${"x".repeat(201)}`, about: /^Cannot answer: text: / },
];

Deno.test("/api/trees refuses what it does not know", async () => {
  await withTrees(async (ask) => {
    for (const { query, about } of REFUSED) {
      const { status, body } = await ask(`/api/trees?${query}`);
      assert.equal(status, 400, query);
      assert.match((body as { readonly error: string }).error, about);
    }
  });
});

Deno.test("/api/errors names what steps failed of", async () => {
  await withTrees(async (ask) => {
    assert.deepEqual(await askFor(ask, "/api/errors"), ["NameError"]);
  });
});
