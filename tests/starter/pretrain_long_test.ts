import assert from "node:assert/strict";
import { END_OF_CODE, END_OF_OUTPUT, OUTPUT, SPECIAL_TOKENS } from "../../lib/core/mod.ts";
import { runProcess } from "../../lib/process/mod.ts";
import { type CorpusExample, corpusExamples } from "../../lib/starter/corpus.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const INTERPRETER = `${ROOT}.rstar/python/models/bin/python`;

const hasTorch = await Deno.stat(INTERPRETER).then(() => true, () => false);
const reason = hasTorch ? "" : " (ignored: the models environment is not built)";

/** Prints what a test wants to know of the tokenizer and of an encoded example, as one JSON object. */
const PROBE = `
import json, sys
from pathlib import Path
from pretrain.examples import IGNORED, encode, pad, read_texts
from pretrain.tokenizer import train_tokenizer
row = json.loads(sys.argv[1])
texts = read_texts(Path(row["corpus"]))
tokenizer = train_tokenizer((p for t in texts for p in (t.prompt, t.response)), row["special"], 576)
first, second = (encode(text, tokenizer, tuple(row["unsampled"])) for text in texts[:2])
ids, labels = pad([first, second], tokenizer.pad_token_id)
print(json.dumps({
    "vocabulary": len(tokenizer),
    "decoded": tokenizer.decode(first.ids),
    "trained": tokenizer.decode([i for i, l in zip(first.ids, first.labels) if l != IGNORED]),
    "specialLengths": [len(tokenizer.encode(text)) for text in row["special"]],
    "digits": tokenizer.tokenize("4096"),
    "split": tokenizer.encode(texts[0].prompt) + tokenizer.encode(texts[0].response),
    "whole": tokenizer.encode(texts[0].prompt + texts[0].response),
    "shapes": [list(ids.shape), list(labels.shape)],
}))
`;

/** Loads a checkpoint as everybody does and prints what it is. */
const LOAD = `
import json, sys
from transformers import AutoModelForCausalLM, AutoTokenizer
model = AutoModelForCausalLM.from_pretrained(sys.argv[1])
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
print(json.dumps({
    "type": type(model).__name__,
    "dtype": str(model.dtype),
    "positions": model.config.max_position_embeddings,
    "eos": tokenizer.convert_ids_to_tokens(model.generation_config.eos_token_id),
    "prompt": tokenizer.tokenize("a\\n<|assistant|>: b"),
}))
`;

async function python(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProcess(INTERPRETER, args, {
    cwd: `${ROOT}lib/starter`,
    env: { PYTHONDONTWRITEBYTECODE: "1", HF_HUB_OFFLINE: "1" },
  });
  assert.equal(code, 0, stderr);
  return stdout;
}

async function writeCorpus(path: string, count: number): Promise<CorpusExample[]> {
  const examples = [...corpusExamples({ corpus: "clean", count })];
  await Deno.writeTextFile(path, examples.map((row) => JSON.stringify(row)).join("\n"));
  return examples;
}

Deno.test({
  name: `pretraining masks prompt and output, and its tokens are the format's${reason}`,
  ignore: !hasTorch,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const corpus = `${folder}/corpus.jsonl`;
      const [first = { prompt: "", response: "" }] = await writeCorpus(corpus, 200);
      const row = { corpus, special: SPECIAL_TOKENS, unsampled: [OUTPUT, END_OF_OUTPUT] };
      const seen = JSON.parse(await python(["-c", PROBE, JSON.stringify(row)]));
      const [program = "", answer = ""] = first.response.split(/\n<output>.*<end_of_output>\n/);
      assert.equal(seen.vocabulary, 576);
      assert.equal(seen.decoded, `${first.prompt}${first.response}<|endoftext|>`);
      assert.equal(program.endsWith(END_OF_CODE), true);
      assert.equal(seen.trained, `${program}${answer}<|endoftext|>`);
      assert.deepEqual(seen.specialLengths, SPECIAL_TOKENS.map(() => 1));
      assert.deepEqual(seen.digits, ["4", "0", "9", "6"]);
      assert.deepEqual(seen.split, seen.whole);
      assert.deepEqual(seen.shapes[0], seen.shapes[1]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: `pretraining writes one standard checkpoint for every branch${reason}`,
  ignore: !hasTorch,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const corpus = `${folder}/corpus.jsonl`;
      await writeCorpus(corpus, 200);
      const stage = (name: string) => ({ name, corpus, learningRate: 3e-3 });
      const specification = {
        specialTokens: SPECIAL_TOKENS,
        unsampled: [OUTPUT, END_OF_OUTPUT],
        vocabularySize: 576,
        batchSize: 16,
        threads: 1,
        seed: 1,
        foundation: stage("clean"),
        branches: ["left", "right"].map((name) => ({
          ...stage(name),
          outFolder: `${folder}/${name}`,
        })),
      };
      const path = `${folder}/specification.json`;
      await Deno.writeTextFile(path, JSON.stringify(specification));
      const { losses } = JSON.parse(await python(["-m", "pretrain", path]));
      assert.deepEqual(Object.keys(losses), ["clean", "left", "right"]);
      assert.equal(losses.left < losses.clean, true, "a branch goes on where the foundation ended");
      for (const name of ["left", "right"]) {
        assert.deepEqual(JSON.parse(await python(["-c", LOAD, `${folder}/${name}`])), {
          type: "LlamaForCausalLM",
          dtype: "torch.float32",
          positions: 4096,
          eos: "<|endoftext|>",
          prompt: ["a", "\n<|assistant|>", ":", "Ġb"],
        });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
