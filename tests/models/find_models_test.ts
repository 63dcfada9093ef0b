import assert from "node:assert/strict";
import { findModels } from "../../lib/models/find_models.ts";
import { EvalConfig } from "../../lib/config/mod.ts";
import { type ArtifactRequest, memoryStore, type Store } from "../../lib/store/mod.ts";
import { NO_PROVENANCE } from "../no_provenance.ts";

const find = (config: Record<string, unknown>, store: Store) =>
  findModels(EvalConfig.parse({ db: "/data/x.duckdb", ...config }), store);

async function storeWithRounds(rounds: readonly number[]): Promise<Store> {
  const store = memoryStore();
  for (const [name, command] of [["old", "evolve"], ["evolve", "evolve"], ["trees", "synth"]]) {
    await store.openRun({
      name: name ?? "",
      command: command ?? "",
      spec: name ?? "",
      mode: "new",
      provenance: NO_PROVENANCE,
    });
  }
  const run = (await store.runs()).find(({ name }) => name === "evolve");
  const add = (request: Pick<ArtifactRequest, "roundNo" | "role" | "location" | "meta">) =>
    store.addArtifact({
      kind: "checkpoint",
      runNo: run?.runNo ?? 0,
      sha256: null,
      rows: null,
      parents: [],
      ...request,
    });
  for (const roundNo of rounds) {
    await add({ roundNo, role: "policy", location: `evolve/round-${roundNo}/policy`, meta: null });
    if (roundNo === 0) continue;
    await add({
      roundNo,
      role: "ppm",
      location: `evolve/round-${roundNo}/ppm`,
      meta: { calibration: { b: roundNo, tau: 2 } },
    });
  }
  return store;
}

Deno.test("findModels() takes the model that ships where there is no run, and the newest round where there is one", async () => {
  const [shipped] = await find({}, memoryStore());
  assert.equal(shipped?.label, "starter/base");
  assert.equal(shipped?.roundNo, null);
  const [newest] = await find({}, await storeWithRounds([0, 1, 2]));
  assert.equal(newest?.label, "round 2");
  const [none] = await find({}, await storeWithRounds([]));
  assert.equal(none?.label, "starter/base");
});

Deno.test("findModels() finds policy, PPM and its scale of a round", async () => {
  const store = await storeWithRounds([0, 1, 2]);
  const [first, more] = await find({ round: 1 }, store);
  assert.equal(more, undefined);
  assert.deepEqual(first, {
    label: "round 1",
    runNo: 2,
    roundNo: 1,
    policyArtifact: 2,
    ppmArtifact: 3,
    policy: { kind: "folder", folder: "/data/evolve/round-1/policy" },
    ppm: { kind: "folder", folder: "/data/evolve/round-1/ppm" },
    calibration: { bias: 1, scale: 2 },
  });
  const [scaled] = await find({ round: 1, ppmScale: 5 }, store);
  assert.deepEqual(scaled?.calibration, { bias: 1, scale: 5 });
  const all = await find({ allRounds: true }, store);
  assert.deepEqual(all.map(({ label, ppm }) => [label, ppm !== null]), [
    ["round 0", false],
    ["round 1", true],
    ["round 2", true],
  ]);
});

Deno.test("findModels() lets endpoints serve a round, and remembers what they must serve", async () => {
  const store = await storeWithRounds([1]);
  const [served] = await find({ round: 1, policy: "http://a/v1, http://b/v1" }, store);
  assert.deepEqual(served?.policy, {
    kind: "urls",
    urls: ["http://a/v1", "http://b/v1"],
    model: null,
    serves: "/data/evolve/round-1/policy",
  });
  const [elsewhere] = await find({ policy: "http://a/v1", ppm: "/models/ppm" }, store);
  assert.deepEqual(elsewhere?.policy, {
    kind: "urls",
    urls: ["http://a/v1"],
    model: null,
    serves: null,
  });
  assert.deepEqual(elsewhere?.ppm, { kind: "folder", folder: "/models/ppm" });
  assert.deepEqual(elsewhere?.calibration, { bias: 0, scale: 1 });
});

Deno.test("findModels() says which runs and rounds there are", async () => {
  const store = await storeWithRounds([0, 1]);
  await assert.rejects(find({ round: 7 }, store), {
    name: "UsageError",
    message: 'Cannot measure round 7 of run "evolve": it has checkpoints of rounds 0, 1',
  });
  await assert.rejects(find({ run: "other", round: 1 }, store), {
    name: "UsageError",
    message: /^Cannot measure run "other".*it has the runs "old", "evolve" of evolve/,
  });
  await assert.rejects(find({ allRounds: true }, await storeWithRounds([])), {
    name: "UsageError",
    message: 'Cannot measure rounds of run "evolve": it has checkpoints of no round',
  });
});
