import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { startEmbeddedEngine } from "../../lib/engine/mod.ts";
import { runProcess } from "../../lib/process/mod.ts";
import { type CorpusExample, corpusExamples } from "../../lib/starter/mod.ts";
import { train, type TrainerEvent, trainSettings } from "../../lib/training/mod.ts";
import { INTERPRETER, modelTest } from "../engine/_models.ts";
import { runResponse } from "../starter/_interpreter.ts";
import { withFolder } from "../with_folder.ts";
import { pairs, traces } from "./_data.ts";

const BASE = new URL("../../fixtures/starter/base", import.meta.url).pathname;

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

/** How many of the problems a policy answers right, word by word as greedy decoding has it. */
async function greedyRight(policy: string, examples: readonly CorpusExample[]): Promise<number> {
  await using engine = await startEmbeddedEngine({ interpreter: INTERPRETER, policy });
  const rights = await Promise.all(examples.map(async ({ prompt, response }) => {
    const reply = await post(`${engine.url}/v1/completions`, {
      prompt,
      temperature: 0,
      max_tokens: 250,
      stop: ["<end_of_code>"],
      include_stop_str_in_output: true,
      skip_special_tokens: false,
    });
    const text = Completion.parse(reply).choices[0]?.text ?? "";
    try {
      return runResponse(text).printed === runResponse(response).printed;
    } catch (error) {
      // A program that does not run is a wrong one.
      if (error instanceof SyntaxError || error instanceof ReferenceError) return false;
      throw error;
    }
  }));
  return rights.filter((isRight) => isRight).length;
}

modelTest(
  "train() makes a policy that the engine serves and that is right more often",
  async () => {
    await withFolder(async (folder) => {
      const data = join(folder, "traces.jsonl");
      await Deno.writeTextFile(data, traces(160));
      const events: TrainerEvent[] = [];
      const { folder: policy, summary } = await train({
        kind: "sft",
        data,
        base: BASE,
        output: join(folder, "policy"),
        seed: 1,
        settings: trainSettings("sft", { overrides: { epochs: 2 } }),
      }, { interpreter: INTERPRETER, onEvent: (event) => events.push(event) });
      const losses = events.flatMap((event) => event.event === "step" ? [event.loss] : []);
      const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
      assert.equal(losses.length, 20);
      assert.ok(mean(losses.slice(-5)) < 0.8 * mean(losses.slice(0, 5)), losses.join(" "));
      assert.deepEqual([summary?.steps, summary?.calibration, summary?.heldOut], [20, null, null]);
      const examples = [...corpusExamples({ corpus: "clean", count: 40, seed: 77 })];
      const [before, after] = [
        await greedyRight(BASE, examples),
        await greedyRight(policy, examples),
      ];
      assert.ok(after >= before + 4, `right before ${before}, after ${after} of 40`);
    });
  },
);

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
      assert.deepEqual([summary.heldOut.problems, summary.heldOut.round1], [5, null]);
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
