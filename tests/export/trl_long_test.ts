import assert from "node:assert/strict";
import { join } from "node:path";
import { policyPrompt } from "../../lib/core/mod.ts";
import { pairRow, traceRow } from "../../lib/export/formats.ts";
import { choosePairs, chooseTraces, pairRules, sftRules } from "../../lib/export/mod.ts";
import { runProcess } from "../../lib/process/mod.ts";
import { INTERPRETER, modelTest } from "../engine/_models.ts";
import { answer, problem, tree } from "./_trees.ts";

const BASE = new URL("../../fixtures/starter/base", import.meta.url).pathname;

/** Trains two steps of each with stock TRL; prints how many rows each data set has. */
const SCRIPT = `
import json, sys
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from trl import RewardConfig, RewardTrainer, SFTConfig, SFTTrainer
folder, base = sys.argv[1:]
rows = {name: len(load_dataset("json", data_files=f"{folder}/{name}", split="train", cache_dir=f"{folder}/cache"))
        for name in ["released_sft.json", "released_pairs.json"]}
common = dict(max_steps=2, per_device_train_batch_size=2, report_to="none", use_cpu=True, save_strategy="no", disable_tqdm=True, bf16=False)
sft = load_dataset("json", data_files=f"{folder}/trl_sft.jsonl", split="train", cache_dir=f"{folder}/cache")
SFTTrainer(base, args=SFTConfig(output_dir=f"{folder}/sft", **common), train_dataset=sft).train()
pairs = load_dataset("json", data_files=f"{folder}/trl_pairs.jsonl", split="train", cache_dir=f"{folder}/cache")
model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1)
tokenizer = AutoTokenizer.from_pretrained(base)
model.config.pad_token_id = tokenizer.pad_token_id
RewardTrainer(model, args=RewardConfig(output_dir=f"{folder}/reward", **common), train_dataset=pairs, processing_class=tokenizer).train()
print("\\n" + json.dumps({**rows, "sft": len(sft), "pairs": len(pairs)}))
`;

modelTest("stock TRL trainers and datasets read every export format", async () => {
  const nodes = [
    { parent: 0, kw: [2, 2] as const, text: "\n<code>\nx = 1\n<end_of_step>", code: "x = 1" },
    { parent: 0, kw: [2, -2] as const, text: "\n<code>\nx = 2\n<end_of_step>", code: "x = 2" },
    answer(1, true, { text: "<answer>\\boxed{1}<end_of_answer>" }),
    answer(2, false, { text: "<answer>\\boxed{2}<end_of_answer>" }),
  ];
  const example = problem([tree(nodes)]);
  const prompted = { ...example, prompt: policyPrompt(example.question) };
  const { traces } = chooseTraces(example, sftRules("default"));
  const { groups } = choosePairs(example, pairRules("default"));
  assert.equal(groups.length, 2);
  const folder = await Deno.makeTempDir();
  try {
    const repeat = <T>(rows: readonly T[]) => Array.from({ length: 4 }, () => rows).flat();
    const lines = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");
    const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
    const of = (format: "trl" | "released") => ({
      sft: repeat(traces.flatMap((row) => traceRow(row, prompted, format))),
      pairs: repeat(groups.flatMap((row) => pairRow(row, prompted, format))),
    });
    await write("trl_sft.jsonl", lines(of("trl").sft));
    await write("trl_pairs.jsonl", lines(of("trl").pairs));
    await write("released_sft.json", JSON.stringify(of("released").sft));
    await write("released_pairs.json", JSON.stringify(of("released").pairs));
    const output = await runProcess(INTERPRETER, ["-B", "-c", SCRIPT, folder, BASE], {
      env: { HF_HUB_OFFLINE: "1", HF_HOME: folder, OMP_WAIT_POLICY: "PASSIVE" },
    });
    assert.equal(output.code, 0, output.stderr);
    assert.deepEqual(JSON.parse(output.stdout.trim().split("\n").at(-1) ?? ""), {
      "released_sft.json": 4,
      "released_pairs.json": 8,
      sft: 4,
      pairs: 8,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
