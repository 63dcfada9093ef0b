/** Trainings by several processes under accelerate: they come to what one process comes to. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { runProcess } from "../../lib/process/mod.ts";
import {
  type CheckpointSummary,
  train,
  type TrainerEvent,
  type TrainingKind,
  trainSettings,
} from "../../lib/training/mod.ts";
import { INTERPRETER, modelTest } from "../engine/_models.ts";
import { withFolder } from "../with_folder.ts";
import { pairs, traces } from "./_data.ts";

const BASE = new URL("../../fixtures/starter/base", import.meta.url).pathname;

/** Two processes of this machine. Of `MULTI_CPU`, `accelerate launch` starts one process, unless MPI starts the others. */
const TWO_PROCESSES = `compute_environment: LOCAL_MACHINE
distributed_type: MULTI_GPU
use_cpu: true
num_machines: 1
machine_rank: 0
num_processes: 2
main_process_port: 0
mixed_precision: "no"
`;

interface Training {
  readonly folder: string;
  readonly name: string;
  readonly kind: TrainingKind;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Configuration of accelerate; none: one process. */
  readonly accelerate?: string;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainerEvent) => void;
}

interface Done {
  readonly events: readonly TrainerEvent[];
  readonly summary: CheckpointSummary;
}

async function trained({ folder, name, kind, ...options }: Training): Promise<Done> {
  const data = join(folder, `${name}.jsonl`);
  await Deno.writeTextFile(data, kind === "sft" ? traces(48) : pairs(96));
  const config = join(folder, "accelerate.yaml");
  if (options.accelerate !== undefined) await Deno.writeTextFile(config, options.accelerate);
  const events: TrainerEvent[] = [];
  const { summary } = await train({
    kind,
    data,
    base: BASE,
    output: join(folder, name),
    seed: 1,
    settings: trainSettings(kind, { overrides: { threads: 1, ...options.settings } }),
  }, {
    interpreter: INTERPRETER,
    accelerate: options.accelerate === undefined ? undefined : config,
    signal: options.signal,
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  assert.ok(summary);
  assert.deepEqual(events.map(({ event }) => event).filter((event) => event === "done"), ["done"]);
  return { events, summary };
}

const Distances = z.object({ moved: z.number(), apart: z.number() });

/** How far training moved the weights of the first checkpoint, and how far the second is from it. */
async function distances(folder: string, one: string, other: string) {
  const script = `
import json, sys, torch
from transformers import AutoModel
base, one, other = [AutoModel.from_pretrained(path).state_dict() for path in sys.argv[1:]]
far = lambda a, b: sum((a[n] - b[n]).norm().item() ** 2 for n in a) ** 0.5
print(json.dumps({"moved": far(base, one), "apart": far(one, other)}))
`;
  const { code, stdout, stderr } = await runProcess(
    INTERPRETER,
    ["-I", "-B", "-c", script, BASE, join(folder, one), join(folder, other)],
    { env: { HF_HUB_OFFLINE: "1" } },
  );
  assert.equal(code, 0, stderr);
  return Distances.parse(JSON.parse(stdout));
}

/** Insists that two trainings made the same checkpoint, but for the order of sums. */
async function assertAlike(folder: string, one: string, other: string): Promise<void> {
  const names = (name: string) => [...Deno.readDirSync(join(folder, name))].map((e) => e.name);
  assert.deepEqual(names(other).sort(), names(one).sort());
  const { moved, apart } = await distances(folder, one, other);
  assert.ok(moved > 0 && apart < 0.02 * moved, `${apart} apart after moving ${moved}`);
  const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
  assert.deepEqual(left.filter((name) => /partial|work|request/.test(name)), []);
}

/** Insists that two trainings had the same losses, but for the order of sums. */
function assertSameLosses(one: CheckpointSummary, other: CheckpointSummary): void {
  assert.deepEqual(other.curve.map(({ step }) => step), one.curve.map(({ step }) => step));
  for (const [i, { step, loss }] of one.curve.entries()) {
    const apart = Math.abs(loss - (other.curve[i]?.loss ?? NaN));
    assert.ok(apart < 0.003, `at step ${step}: ${apart} apart`);
  }
}

modelTest(
  "two processes train the policy that one trains, also when they are killed and go on",
  async () => {
    await withFolder(async (folder) => {
      // Three steps an epoch: the state of step 4 lies within the second one.
      const settings = { epochs: 4, saveSteps: 4, deviceBatchSize: 4 };
      const common = { folder, kind: "sft", settings } as const;
      const both = { ...common, name: "both", accelerate: TWO_PROCESSES };
      const killedFirst = async () => {
        const stopped = new AbortController();
        const killed = trained({
          ...both,
          signal: stopped.signal,
          onEvent: (event) => {
            if (event.event === "step" && event.step === 5) stopped.abort(new Error("killed"));
          },
        });
        await assert.rejects(killed, { message: "killed" });
        return await trained(both);
      };
      // Side by side: most of the time Python loads.
      const [alone, { events, summary }] = await Promise.all([
        trained({ ...common, name: "alone" }),
        killedFirst(),
      ]);
      const notices = events.flatMap((event) => event.event === "notice" ? [event.message] : []);
      // A fast machine may have kept the next state before it was stopped.
      assert.match(notices.join(), /^going on from the state of step [48]$/);
      assert.deepEqual([summary.steps, summary.tokens], [12, alone.summary.tokens]);
      assertSameLosses(alone.summary, summary);
      await assertAlike(folder, "alone", "both");
    });
  },
);

modelTest("two processes train the PPM that one trains, and measure it alike", async () => {
  await withFolder(async (folder) => {
    const settings = { epochs: 1, headDropout: 0, deviceBatchSize: 4 };
    const common = { folder, kind: "ppm", settings } as const;
    const [{ summary: alone }, { summary: both }] = await Promise.all([
      trained({ ...common, name: "alone" }),
      trained({ ...common, name: "both", accelerate: TWO_PROCESSES }),
    ]);
    assert.ok(both.calibration && alone.calibration && both.heldOut && alone.heldOut);
    assert.equal(both.heldOut.problems, alone.heldOut.problems);
    assert.ok(Math.abs(both.heldOut.pairAccuracy - alone.heldOut.pairAccuracy) < 0.02);
    assert.ok(Math.abs(both.calibration.tau / alone.calibration.tau - 1) < 0.02);
    await assertAlike(folder, "alone", "both");
  });
});
