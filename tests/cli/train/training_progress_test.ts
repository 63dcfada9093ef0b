import assert from "node:assert/strict";
import { TrainingProgress } from "../../../lib/cli/train/training_progress.ts";
import type { TrainerEvent } from "../../../lib/training/mod.ts";

Deno.test("TrainingProgress shows the newest, and hands on what the next line must not overwrite", () => {
  const notices: string[] = [];
  const progress = new TrainingProgress((text) => notices.push(text));
  progress.take({ event: "data", rows: 5, heldOut: 1, tooLong: 2, added: 0 });
  progress.take({ event: "notice", message: "beginning anew: another seed" });
  assert.deepEqual(notices, ["training: beginning anew: another seed"]);
  assert.equal(progress.picture().line, "5 rows, 1 held out, 2 too long");
});

Deno.test("TrainingProgress says how many traces are learnt in parts, and why", () => {
  const notices: string[] = [];
  const progress = new TrainingProgress((text) => notices.push(text));
  const data = { event: "data", rows: 9, heldOut: 0, tooLong: 0, added: 15 } as const;
  progress.take({ ...data, inParts: 0 });
  progress.take(data);
  assert.deepEqual(notices, []);
  progress.take({ ...data, inParts: 4 });
  assert.deepEqual(notices, [
    "training: 4 traces are learnt in parts, because this tokenizer cuts a text that goes on otherwise than one that ends there; " +
    "every part is seen as it will be asked for",
  ]);
});

const STEP: TrainerEvent = {
  event: "step",
  step: 30,
  steps: 120,
  loss: 0.123456,
  tokensPerSecond: 12_345,
  etaSeconds: 95,
};

const DONE: TrainerEvent = {
  event: "done",
  kind: "sft",
  data: { sha256: "d" },
  steps: 120,
  tokens: 9,
  seconds: 1,
  curve: [],
  calibration: null,
  heldOut: null,
  sha256: "w",
};

Deno.test.each<[string, readonly TrainerEvent[], string]>([
  ["nothing yet", [], "starting"],
  [
    "what the trainer is doing",
    [{ event: "progress", message: "loading the base" }],
    "loading the base",
  ],
  [
    "what it was given",
    [{ event: "data", rows: 40, tooLong: 2, heldOut: 5, added: 0 }],
    "40 rows, 5 held out, 2 too long",
  ],
  [
    "what it is going to do",
    [{ event: "started", steps: 120, tokens: 1_500_000 }],
    "120 steps over 1.50M tokens",
  ],
  [
    "step, loss, speed and the time that is left",
    [{ event: "started", steps: 120, tokens: 9 }, STEP],
    "step 30/120, loss 0.1235, 12.3k tokens/s, ETA 1 min 35 s",
  ],
  [
    "the newest step, when it is done too",
    [STEP, { ...STEP, step: 120, loss: 0.1, etaSeconds: 0 }, DONE],
    "step 120/120, loss 0.1000, 12.3k tokens/s, ETA 0 s",
  ],
  [
    "the last step where it failed: the error speaks for itself",
    [STEP, { event: "failed", kind: "diverged", message: "the loss is NaN" }],
    "step 30/120, loss 0.1235, 12.3k tokens/s, ETA 1 min 35 s",
  ],
])("TrainingProgress shows %s", (_name, events, line) => {
  const progress = new TrainingProgress(() => {});
  for (const event of events) progress.take(event);
  assert.deepEqual(progress.picture(), { lines: [line], line });
});
