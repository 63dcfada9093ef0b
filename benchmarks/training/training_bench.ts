/**
 * Speed of the trainer, as Markdown: fine-tuning of the starter model beside a bare PyTorch loop over the very same batches, by
 * turns in one run; and what a whole training takes, start of Python included.
 *
 * Usage: deno run -A benchmarks/training/training_bench.ts [TRACES [TURNS]]
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { pythonInterpreter } from "../../lib/cli/host.ts";
import { MODEL_ENVIRONMENT, runProcess } from "../../lib/process/mod.ts";
import { corpusExamples } from "../../lib/starter/mod.ts";
import { train, type TrainRequest, trainSettings } from "../../lib/training/mod.ts";
import { writeRequest } from "../../lib/training/train.ts";

const BASE = fileURLToPath(new URL("../../fixtures/starter/base", import.meta.url));
const ROOM = fileURLToPath(new URL("../../lib/training", import.meta.url));
const BARE = fileURLToPath(new URL("./bare_loop.py", import.meta.url));

const Measured = z.strictObject({ tokens: z.number(), seconds: z.number() });

/** One way to train, in one turn. */
interface Turn {
  readonly tokensPerSecond: number;
  /** From the command to the checkpoint. */
  readonly wholeSeconds: number;
}

/** Interpreter and files that a turn works with. */
interface Bench {
  readonly interpreter: string;
  readonly folder: string;
  readonly data: string;
}

async function writeTraces(path: string, count: number): Promise<void> {
  const rows = [...corpusExamples({ corpus: "clean", count, seed: 9 })].map((example, index) =>
    JSON.stringify({
      problem_id: `p/${index}`,
      prompt: example.prompt,
      response: [{ text: example.response, train: true }],
    })
  );
  await Deno.writeTextFile(path, rows.join("\n"));
}

const SETTINGS = trainSettings("sft", { overrides: { epochs: 2, threads: 2 } });

function requestOf({ folder, data }: Bench, turn: number): TrainRequest {
  const output = join(folder, `checkpoint-${turn}`);
  return { kind: "sft", data, base: BASE, output, seed: turn, settings: SETTINGS };
}

async function trainerTurn(bench: Bench, turn: number): Promise<Turn> {
  const started = performance.now();
  let tokensPerSecond = 0;
  await train(requestOf(bench, turn), {
    interpreter: bench.interpreter,
    onEvent: (event) => {
      if (event.event === "step") tokensPerSecond = event.tokensPerSecond;
    },
  });
  return { tokensPerSecond, wholeSeconds: (performance.now() - started) / 1000 };
}

async function bareTurn(bench: Bench, turn: number): Promise<Turn> {
  const request = await writeRequest(requestOf(bench, turn));
  const started = performance.now();
  const { code, stdout, stderr } = await runProcess(
    bench.interpreter,
    ["-I", "-B", BARE, ROOM, request],
    {
      env: { ...MODEL_ENVIRONMENT },
    },
  );
  if (code !== 0) throw new Error(`Cannot run bare_loop.py: ${stderr}`);
  const { tokens, seconds } = Measured.parse(JSON.parse(stdout));
  return {
    tokensPerSecond: tokens / seconds,
    wholeSeconds: (performance.now() - started) / 1000,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

if (import.meta.main) {
  const [traces = "250", turns = "3"] = Deno.args;
  const interpreter = await pythonInterpreter("models", { onProgress: console.error });
  const folder = await Deno.makeTempDir();
  try {
    const bench = { interpreter, folder, data: join(folder, "traces.jsonl") };
    await writeTraces(bench.data, Number(traces));
    const ours: Turn[] = [];
    const bare: Turn[] = [];
    for (let turn = 0; turn < Number(turns); turn++) {
      // The order changes, so that neither always meets the machine as the other left it.
      if (turn % 2 === 0) ours.push(await trainerTurn(bench, turn));
      bare.push(await bareTurn(bench, turn));
      if (turn % 2 === 1) ours.push(await trainerTurn(bench, turn));
    }
    const ratios = ours.map((turn, i) => turn.tokensPerSecond / (bare[i]?.tokensPerSecond ?? NaN));
    console.log("| trained by | tokens/s, by turn | whole command, s |\n| --- | --- | --- |");
    for (const [name, list] of [["our trainer", ours], ["bare PyTorch loop", bare]] as const) {
      const speeds = list.map((turn) => Math.round(turn.tokensPerSecond)).join(", ");
      const seconds = list.map((turn) => turn.wholeSeconds.toFixed(1)).join(", ");
      console.log(`| ${name} | ${speeds} | ${seconds} |`);
    }
    const shown = ratios.map((ratio) => ratio.toFixed(2)).join(", ");
    console.log(`\nOurs against the bare loop: ${shown}; median ${median(ratios).toFixed(2)}.`);
    console.log(
      `${traces} traces, ${SETTINGS.epochs} epochs, batches of ${SETTINGS.batchSize}, ${SETTINGS.threads} threads.`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
