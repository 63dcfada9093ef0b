import assert from "node:assert/strict";
import { join } from "node:path";
import { openStore } from "../../lib/store/mod.ts";

Deno.test("saveNodeScores() keeps scores by model, once, and refuses what is no number", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using store = await openStore(join(folder, "x.duckdb"));
    const score = (treeId: string, nodeId: number, value: number) => ({
      treeId,
      nodeId,
      score: value,
    });
    const large = "1099511631872";
    await store.saveNodeScores(3, [score(large, 1, 0.5), score(large, 2, -2)]);
    await store.saveNodeScores(3, [score(large, 2, 9), score(large, 3, 1)]);
    await store.saveNodeScores(4, [score(large, 1, 7)]);
    await store.saveNodeScores(4, Array.from({ length: 600 }, (_, i) => score("12", i, i)));
    await store.saveNodeScores(4, []);
    await assert.rejects(store.saveNodeScores(3, [score(large, 8, 1), score(large, 9, NaN)]), {
      name: "RangeError",
      message:
        `Cannot keep the score of node 9 of tree ${large}: expected a finite number, got NaN`,
    });
    const { batches } = await store.query(
      "SELECT scorer, node_id, score FROM node_score WHERE tree_id > 12 ORDER BY ALL",
    );
    assert.deepEqual((await Array.fromAsync(batches)).flat(), [
      [3, 1, 0.5],
      [3, 2, -2],
      [3, 3, 1],
      [4, 1, 7],
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
