import assert from "node:assert/strict";
import {
  Decontaminator,
  exportPairs,
  exportSft,
  pairRules,
  sftRules,
} from "../../lib/export/mod.ts";
import { runProcess } from "../../lib/process/mod.ts";
import { INTERPRETER, modelTest } from "../engine/_models.ts";
import { withStore } from "./_store.ts";

const BASE = new URL("../../fixtures/starter/base", import.meta.url).pathname;

/** Loads every file with `datasets`, trains two steps with stock TRL, prints the rows of each. */
const SCRIPT = `
import json, sys
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from trl import RewardConfig, RewardTrainer, SFTConfig, SFTTrainer
folder, base = sys.argv[1:]
names = ["sft/traces.jsonl", "sft/trl_sft.jsonl", "sft/released_sft.json",
         "pairs/pairs.jsonl", "pairs/trl_pairs.jsonl", "pairs/released_pairs.json"]
data = {name: load_dataset("json", data_files=f"{folder}/{name}", split="train", cache_dir=f"{folder}/cache") for name in names}
common = dict(max_steps=2, per_device_train_batch_size=2, report_to="none", use_cpu=True, save_strategy="no", disable_tqdm=True, bf16=False)
SFTTrainer(base, args=SFTConfig(output_dir=f"{folder}/policy", **common), train_dataset=data["sft/trl_sft.jsonl"]).train()
model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1)
tokenizer = AutoTokenizer.from_pretrained(base)
model.config.pad_token_id = tokenizer.pad_token_id
RewardTrainer(model, args=RewardConfig(output_dir=f"{folder}/ppm", **common), train_dataset=data["pairs/trl_pairs.jsonl"],
              processing_class=tokenizer).train()
print("\\n" + json.dumps({name: [len(rows), sorted(rows.column_names)] for name, rows in data.items()}))
`;

modelTest("datasets loads every format, and stock TRL trains on its own", async () => {
  await withStore(4, async ({ store, runNo, folder }) => {
    const options = {
      source: { runNo, rounds: [1] },
      formats: ["own", "trl", "released"],
      decontaminator: new Decontaminator(),
    } as const;
    await exportSft(store, { ...options, folder: `${folder}/sft`, rules: sftRules("default") });
    await exportPairs(store, {
      ...options,
      folder: `${folder}/pairs`,
      rules: pairRules("default"),
    });
    const output = await runProcess(INTERPRETER, ["-B", "-c", SCRIPT, folder, BASE], {
      env: { HF_HUB_OFFLINE: "1", HF_HOME: folder, OMP_WAIT_POLICY: "PASSIVE" },
    });
    assert.equal(output.code, 0, output.stderr);
    const own = ["problem_id", "prompt", "round", "tree_id"];
    assert.deepEqual(JSON.parse(output.stdout.trim().split("\n").at(-1) ?? ""), {
      "sft/traces.jsonl": [4, [...own, "leaf_id", "mean_q", "min_q", "response"].sort()],
      "sft/trl_sft.jsonl": [4, ["completion", "prompt"]],
      "sft/released_sft.json": [4, ["query", "response"]],
      "pairs/pairs.jsonl": [12, [...own, "kind", "negatives", "positives", "weight"].sort()],
      "pairs/trl_pairs.jsonl": [12, ["chosen", "prompt", "rejected"]],
      "pairs/released_pairs.json": [12, ["neg", "neg_count", "pos", "pos_count", "prompt"]],
    });
  });
});
