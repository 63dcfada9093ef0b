import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { seededRandom } from "../../lib/core/mod.ts";
import { startEmbeddedEngine } from "../../lib/engine/mod.ts";
import { runProcess } from "../../lib/process/mod.ts";
import { corpusExamples } from "../../lib/starter/mod.ts";
import { train, type TrainerEvent, trainSettings } from "../../lib/training/mod.ts";
import { INTERPRETER, modelTest } from "../engine/_models.ts";

const BASE = new URL("../../fixtures/starter/base", import.meta.url).pathname;
const END_OF_BLOCK = "<end_of_output>\n";

/** Flawless solutions, as export would write them. */
function traces(count: number): string {
  return [...corpusExamples({ corpus: "clean", count, seed: 5 })].map(({ prompt, response }, i) => {
    const start = response.indexOf("\n<output>");
    const end = response.indexOf(END_OF_BLOCK) + END_OF_BLOCK.length;
    return JSON.stringify({
      problem_id: `p/${i}`,
      prompt,
      response: [
        { text: response.slice(0, start), train: true },
        { text: response.slice(start, end), train: false },
        { text: response.slice(end), train: true },
      ],
    });
  }).join("\n");
}

/** Sums are right where products are wrong: something that a small model learns from a few hundred pairs. */
function pairs(count: number): string {
  const random = seededRandom(11);
  const number = () => 2 + Math.floor(random() * 40);
  return Array.from({ length: count }, (_, i) => {
    const [a, b] = [number(), number()];
    const side = (sign: string) => ({ text: `<code>\nx = ${a} ${sign} ${b}\n<end_of_step>` });
    return JSON.stringify({
      problem_id: `p/${i % 60}`,
      prompt: `<|user|>:\nAdd ${a} and ${b}.\n<|assistant|>:`,
      positives: [side("+")],
      negatives: [side("*"), side("-")],
    });
  }).join("\n");
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const Completion = z.object({ choices: z.array(z.object({ text: z.string() })) });
const Pooled = z.object({ data: z.array(z.object({ data: z.array(z.number()) })) });

async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200, await response.clone().text());
  return await response.json();
}

modelTest("train() fine-tunes a policy that the engine serves, the same twice", async () => {
  await withFolder(async (folder) => {
    const data = join(folder, "traces.jsonl");
    await Deno.writeTextFile(data, traces(64));
    const events: TrainerEvent[] = [];
    const run = (name: string) =>
      train({
        kind: "sft",
        data,
        base: BASE,
        output: join(folder, name),
        seed: 1,
        settings: trainSettings("sft", { overrides: { epochs: 2, threads: 1 } }),
      }, { interpreter: INTERPRETER, onEvent: (event) => events.push(event) });
    const first = await run("first");
    const losses = events.flatMap((event) => event.event === "step" ? [event.loss] : []);
    assert.ok(losses.length >= 4);
    assert.ok((losses.at(-1) ?? 1) < (losses[0] ?? 0), `the loss falls: ${losses.join(" ")}`);
    const second = await run("second");
    assert.equal(second.summary?.sha256, first.summary?.sha256, "one seed, one checkpoint");
    await using engine = await startEmbeddedEngine({
      interpreter: INTERPRETER,
      policy: first.folder,
    });
    const [example] = [...corpusExamples({ corpus: "clean", count: 1, seed: 77 })];
    const reply = await post(`${engine.url}/v1/completions`, {
      prompt: example?.prompt,
      temperature: 0,
      max_tokens: 200,
      stop: ["<end_of_code>"],
      include_stop_str_in_output: true,
      skip_special_tokens: false,
    });
    const text = Completion.parse(reply).choices[0]?.text ?? "";
    assert.match(text, /<code>[^]*<end_of_code>$/);
  });
});

modelTest(
  "train() makes a PPM that orders held-out pairs, and that the engine serves as it is",
  async () => {
    await withFolder(async (folder) => {
      const data = join(folder, "pairs.jsonl");
      await Deno.writeTextFile(data, pairs(400));
      const { folder: ppm, summary } = await train({
        kind: "ppm",
        data,
        base: BASE,
        output: join(folder, "ppm"),
        seed: 1,
        settings: trainSettings("ppm", { overrides: { epochs: 2 } }),
      }, { interpreter: INTERPRETER });
      assert.ok(summary?.heldOut && summary.calibration);
      assert.equal(summary.heldOut.problems, 6);
      assert.ok(summary.heldOut.pairAccuracy > 0.9, `${summary.heldOut.pairAccuracy}`);
      assert.ok(summary.calibration.tau > 0);
      const texts = ["Add 3 and 4. x = 3 + 4", "Add 3 and 4. x = 3 * 4"];
      const script = `
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1]).eval()
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
with torch.no_grad():
    print(json.dumps([model(torch.tensor([tokenizer.encode(t)])).logits.item() for t in json.load(sys.stdin)]))
`;
      const direct = await runProcess(INTERPRETER, ["-B", "-c", script, ppm], {
        input: JSON.stringify(texts),
        env: { HF_HUB_OFFLINE: "1" },
      });
      assert.equal(direct.code, 0, direct.stderr);
      const wanted = z.array(z.number()).parse(JSON.parse(direct.stdout));
      await using engine = await startEmbeddedEngine({ interpreter: INTERPRETER, ppm });
      const reply = await post(`${engine.url}/pooling`, { input: texts, use_activation: false });
      const served = Pooled.parse(reply).data.map(({ data }) => data[0] ?? NaN);
      for (const [i, logit] of wanted.entries()) {
        assert.ok(Math.abs(logit - (served[i] ?? NaN)) < 1e-4, `${served} against ${wanted}`);
      }
    });
  },
);

modelTest("train() stops at a loss that is no number, and says so", async () => {
  await withFolder(async (folder) => {
    const data = join(folder, "traces.jsonl");
    await Deno.writeTextFile(data, traces(32));
    const output = join(folder, "policy");
    await assert.rejects(
      train({
        kind: "sft",
        data,
        base: BASE,
        output,
        seed: 1,
        settings: trainSettings("sft", {
          overrides: { learningRate: 1e12, maxGradNorm: 1e30, warmupSteps: 0 },
        }),
      }, { interpreter: INTERPRETER }),
      { name: "InfrastructureError", message: /the loss is nan; take a smaller learningRate/ },
    );
    await assert.rejects(Deno.stat(output), Deno.errors.NotFound);
  });
});

modelTest("train() names a row that it cannot read", async () => {
  await withFolder(async (folder) => {
    const data = join(folder, "traces.jsonl");
    await Deno.writeTextFile(data, traces(2) + '\n{"problem_id": "p"}\n');
    const settings = trainSettings("sft");
    const request = { data, base: BASE, output: join(folder, "policy"), seed: 1, settings };
    await assert.rejects(train({ kind: "sft", ...request }, { interpreter: INTERPRETER }), {
      name: "UsageError",
      message: /line 3: expected the fields .* got none named prompt, response/,
    });
  });
});
