import assert from "node:assert/strict";
import type { NodeDetail, NodeReply, TreeColumns, TreePage } from "../../lib/viewer/mod.ts";
import { type Ask, askFor, withTrees } from "./_ask.ts";

/** Id of the tree of problem 1 in round 1. */
async function firstTree(ask: Ask): Promise<string> {
  const { rows } = await askFor<TreePage>(ask, "/api/trees");
  return rows[0]?.tree ?? "";
}

Deno.test("/api/tree gives a tree column by column, with the other trees of its problem", async () => {
  await withTrees(async (ask) => {
    const tree = await firstTree(ask);
    const { others, ...columns } = await askFor<TreeColumns>(ask, `/api/tree?tree=${tree}`);
    assert.deepEqual(others.map(({ label }) => label), ["r round 2 seed 0"]);
    assert.notEqual(others[0]?.tree, tree);
    assert.deepEqual(columns, {
      tree,
      run: "r",
      round: 1,
      seed: 0,
      problem: "test/1",
      question: "Question 1",
      reference: "2",
      level: 1,
      solved: true,
      stop: "budget",
      id: [0, 1, 2, 3, 4, 5],
      parent: [null, 0, 0, 1, 2, 0],
      kind: ["root", "step", "step", "answer", "answer", "step"],
      status: ["ok", "ok", "ok", "ok", "ok", "code_error"],
      visits: [3, 3, 1, 3, 3, 0],
      q: [null, 0.5, -0.5, 1, -1, null],
      correct: [null, null, null, true, false, null],
      answer: [null, null, null, "3", "4", null],
    });
  });
});

Deno.test("/api/node gives a node, its siblings, and the preference pairs they gave", async () => {
  await withTrees(async (ask) => {
    const tree = await firstTree(ask);
    const reply = await askFor<NodeReply>(ask, `/api/node?tree=${tree}&node=5`);
    assert.deepEqual(reply.siblings.map(({ node }) => node), [1, 2, 5]);
    assert.deepEqual(reply.pairs, [{ better: 1, worse: 2, margin: 1 }]);
    assert.deepEqual(reply.node, {
      node: 5,
      parent: 0,
      depth: 1,
      kind: "step",
      status: "code_error",
      text: "step 5",
      code: "x = 1",
      stdout: "printed",
      error: "NameError: no x",
      errorLine: 2,
      visits: 0,
      q: null,
      ppm: null,
      multiplicity: 1,
      probability: null,
      tokens: 17,
      milliseconds: 1,
      correct: null,
      answer: null,
      isCut: false,
    });
    const root = await askFor<NodeReply>(ask, `/api/node?tree=${tree}&node=0`);
    assert.deepEqual([root.siblings.length, root.pairs.length], [1, 0]);
  });
});

Deno.test("/api/nodes gives every node with its texts", async () => {
  await withTrees(async (ask) => {
    const tree = await firstTree(ask);
    const nodes = await askFor<readonly NodeDetail[]>(ask, `/api/nodes?tree=${tree}`);
    assert.deepEqual(nodes.map(({ node }) => node), [0, 1, 2, 3, 4, 5]);
    assert.equal(nodes[1]?.code, "# Step 1: add\nx = 1");
  });
});

Deno.test("what is not stored is not found; what is no id is refused", async () => {
  await withTrees(async (ask) => {
    const tree = await firstTree(ask);
    for (
      const path of ["/api/tree?tree=7", "/api/nodes?tree=7", `/api/node?tree=${tree}&node=6`]
    ) {
      assert.deepEqual(await ask(path), {
        status: 404,
        body: { error: "This database does not hold it: the run may have been deleted" },
      }, path);
    }
    for (
      const path of [
        "/api/tree",
        "/api/tree?tree=1%20OR%201",
        "/api/tree?tree=9999999999999999",
        `/api/node?tree=${tree}&node=-1`,
        `/api/node?tree=${tree}&node=0&full=2`,
        `/api/node?tree=${tree}&node=0&x=1`,
      ]
    ) {
      assert.equal((await ask(path)).status, 400, path);
    }
  });
});

Deno.test("long texts are cut unless all of them is asked for", async () => {
  const hostile = "é".repeat(1_000_000);
  await withTrees(async (ask) => {
    const tree = await firstTree(ask);
    const cut = await askFor<NodeReply>(ask, `/api/node?tree=${tree}&node=5`);
    assert.equal(cut.node.stdout?.length, 20_000);
    assert.equal(cut.node.isCut, true);
    const full = await askFor<NodeReply>(ask, `/api/node?tree=${tree}&node=5&full=1`);
    assert.equal(full.node.stdout, `printed${hostile}`);
    assert.equal(full.node.isCut, false);
    const { answer } = await askFor<TreeColumns>(ask, `/api/tree?tree=${tree}`);
    assert.equal(answer[3]?.length, 80);
  }, { hostile });
});

Deno.test("hostile texts come through unchanged, as JSON", async () => {
  const hostile = `'"; DROP TABLE node; --</script><script>alert(1)</script>\u0000\u2028`
    .replace("\u0000", "");
  await withTrees(async (ask) => {
    const tree = await firstTree(ask);
    const columns = await askFor<TreeColumns>(ask, `/api/tree?tree=${tree}`);
    assert.equal(columns.question, `Question 1${hostile}`);
    assert.equal(columns.run, `r${hostile}`);
    const { node } = await askFor<NodeReply>(ask, `/api/node?tree=${tree}&node=5`);
    assert.equal(node.error, `NameError${hostile}: no x${hostile}`);
    const filter = new URLSearchParams({ run: `r${hostile}`, error: `NameError${hostile}` });
    assert.equal((await askFor<TreePage>(ask, `/api/trees?${filter}`)).total, 3);
  }, { hostile });
});
