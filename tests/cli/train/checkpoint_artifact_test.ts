import assert from "node:assert/strict";
import { join } from "node:path";
import {
  checkpointMetrics,
  registerCheckpoint,
} from "../../../lib/cli/train/checkpoint_artifact.ts";
import { openStore } from "../../../lib/store/mod.ts";
import { type CheckpointSummary, trainSettings } from "../../../lib/training/mod.ts";

const HELD_OUT = {
  pairAccuracy: 0.75,
  pairs: 8,
  problems: 4,
  round1: { pairAccuracy: 0.5, pairs: 2, problems: 2 },
};

const SUMMARY: CheckpointSummary = {
  kind: "ppm",
  data: { sha256: "hash of the pairs" },
  steps: 2,
  tokens: 10,
  seconds: 1,
  curve: [{ step: 1, loss: 0.7 }, { step: 2, loss: 0.5 }],
  calibration: { b: 1, tau: 2, fittedOn: "held-out", groups: 9, problems: 4 },
  heldOut: HELD_OUT,
  sha256: "hash of the ppm",
};

Deno.test("registerCheckpoint() keeps place, curve and what the checkpoint was made from", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const db = join(folder, "runs.duckdb");
    {
      await using store = await openStore(db);
      await store.addArtifact({
        kind: "pairs",
        runNo: null,
        roundNo: null,
        role: "ppm",
        location: "pairs",
        sha256: "hash of the pairs",
        rows: 3,
        meta: {},
        parents: [],
      });
    }
    const id = await registerCheckpoint(db, {
      kind: "ppm",
      folder: join(folder, "models", "ppm"),
      settings: trainSettings("ppm"),
      summary: SUMMARY,
      madeFrom: ["hash of the pairs", null, "hash of nothing that is stored"],
    });
    await using store = await openStore(db);
    const [row] = await store.artifacts({ kind: "checkpoint" });
    assert.equal(row?.artifactId, id);
    assert.deepEqual([row.role, row.location, row.sha256, row.parents], [
      "ppm",
      "models/ppm",
      "hash of the ppm",
      [1],
    ]);
    assert.deepEqual(await store.metrics(id), [
      { step: 1, name: "loss", value: 0.7 },
      { step: 2, name: "loss", value: 0.5 },
      { step: 2, name: "pair_accuracy", value: 0.75 },
      { step: 2, name: "pair_accuracy_round_1", value: 0.5 },
    ]);
    assert.deepEqual(
      checkpointMetrics({ ...SUMMARY, heldOut: { ...HELD_OUT, round1: null } }).map(({ name }) =>
        name
      ),
      ["loss", "loss", "pair_accuracy"],
    );
    assert.deepEqual(checkpointMetrics(null), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
