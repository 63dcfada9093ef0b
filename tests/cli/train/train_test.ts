import assert from "node:assert/strict";
import { join } from "node:path";
import { OWN_FILES } from "../../../lib/export/mod.ts";
import { runRstar } from "../_rstar.ts";

const COMMON = ["train", "--kind", "sft", "--base", "base", "--out", "out"];

Deno.test("rstar train --dry-run shows the request and finds the file in an export's folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(folder, "sft"));
    const file = join(folder, "sft", OWN_FILES.sft);
    await Deno.writeTextFile(file, "");
    const settings = '{"epochs": 3, "lora": {"rank": 8, "alpha": 16, "dropout": 0}}';
    const flags = ["--data", folder, "--training", "paper", "--settings", settings, "--seed", "7"];
    const { code, stdout, stderr } = await runRstar([...COMMON, ...flags, "--dry-run", "--json"]);
    assert.equal(code, 0, stderr);
    const request = JSON.parse(stdout);
    assert.equal(request.data, file);
    assert.deepEqual([request.kind, request.base, request.output, request.seed], [
      "sft",
      "base",
      "out",
      7,
    ]);
    assert.deepEqual([request.settings.epochs, request.settings.batchSize], [3, 128]);
    assert.equal(request.settings.lora.rank, 8);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("rstar train names what it cannot use", async () => {
  for (
    const [flags, message] of [
      [["--settings", "epochs=2"], /Cannot read --settings epochs=2: expected a JSON object/],
      [["--settings", '{"epoch": 2}'], /there is no such key: epoch/],
      [["--command", '"srun"'], /Cannot read --command "srun": expected a JSON array/],
      [["--seed", "one"], /Cannot use --seed one: expected a whole number from 0/],
    ] as const
  ) {
    const { code, stderr } = await runRstar([...COMMON, "--data", "x", "--dry-run", ...flags]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
});
