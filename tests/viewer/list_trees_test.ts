import assert from "node:assert/strict";
import { openReadOnly, openStore } from "../../lib/store/mod.ts";
import { handleRequest, type RunRow, SORTS, type TreePage } from "../../lib/viewer/mod.ts";
import { testProblem, testRun } from "../conformance/store.ts";
import { temporaryFolder } from "../store/_files.ts";
import { answer, handTree } from "../store/_hand_tree.ts";
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
  assert.deepEqual(await ask("/api/trees"), { total: 0, first: 0, rows: [] });
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
  { query: "sort=q&limit=1", expected: ["test/1 1"] },
];

Deno.test("/api/trees filters by everything that is shown, and orders", async () => {
  await withTrees(async (ask) => {
    for (const { query, expected } of FILTERS) {
      const page = await askFor<TreePage>(ask, `/api/trees?${query}`);
      assert.deepEqual(names(page), expected, query);
    }
  });
});

/** Problems of every kind of key: equal ones, and none at all. */
async function storeUneven(path: string): Promise<void> {
  await using store = await openStore(path);
  const levels = [2, null, 1, 2, null, 1, 1];
  const problems = levels.map((level, i) => ({ ...testProblem(i + 1), level }));
  await store.putProblems(problems);
  const { runNo } = await store.openRun(testRun());
  for (const [i, { id }] of problems.entries()) {
    const nodes = Array.from({ length: 1 + i % 3 }, () => ({ parent: 0, qValue: i % 2 }));
    const answers = i % 3 === 0 ? [] : [answer(1, "3", { correct: i % 2 === 0 })];
    await store.writeTree({ runNo, roundNo: 1 }, {
      ...handTree([...nodes, ...answers]),
      problemId: id,
    });
  }
}

Deno.test("/api/trees leads forward and back through every order, a page at a time", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  await storeUneven(path);
  using reader = await openReadOnly(path);
  const parts = viewerOptions(reader);
  const ask = async (query: string): Promise<TreePage> =>
    await (await handleRequest(request(`/api/trees?${query}`), parts)).json();
  for (const sort of SORTS) {
    for (const direction of ["", "&descending=1"]) {
      const order = `sort=${sort}${direction}`;
      const whole = await ask(order);
      assert.deepEqual([whole.total, whole.first, whole.rows.length], [7, 0, 7], order);
      const pages: TreePage[] = [await ask(`${order}&limit=3`)];
      for (let last = pages[0]; last !== undefined && last.first + 3 < last.total;) {
        last = await ask(`${order}&limit=3&after=${last.rows.at(-1)?.tree}`);
        pages.push(last);
      }
      assert.deepEqual(pages.map(({ first }) => first), [0, 3, 6], order);
      assert.deepEqual(pages.flatMap(({ rows }) => rows), whole.rows, order);
      for (const [i, page] of pages.slice(0, -1).entries()) {
        const back = await ask(`${order}&limit=3&before=${pages[i + 1]?.rows[0]?.tree}`);
        assert.deepEqual(back, page, `${order}, back to page ${i}`);
      }
    }
  }
});

Deno.test("/api/trees begins anew when the tree that a page was to follow does not match", async () => {
  await withTrees(async (ask) => {
    const first = await askFor<TreePage>(ask, "/api/trees?round=1");
    for (const cursor of ["after=7", "before=7"]) {
      assert.deepEqual(await askFor<TreePage>(ask, `/api/trees?round=1&${cursor}`), first);
    }
    const last = first.rows.at(-1)?.tree;
    assert.deepEqual(await askFor(ask, `/api/trees?round=1&after=${last}`), {
      total: 2,
      first: 2,
      rows: [],
    });
  });
});

const REFUSED: readonly { readonly query: string; readonly about: RegExp }[] = [
  { query: "colour=red", about: /Unrecognized key: "colour"/ },
  { query: "sort=question", about: /^Cannot answer: sort: / },
  { query: "limit=501", about: /^Cannot answer: limit: / },
  { query: "after=-1", about: /^Cannot answer: after: expected the digits of a tree's id/ },
  { query: "before=1%20OR%201", about: /^Cannot answer: before: / },
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
