import { Command, Option } from "commander";
import { join } from "node:path";
import { z } from "zod";
import { UsageError } from "../../core/mod.ts";
import { OWN_FILES } from "../../export/mod.ts";
import { openStore } from "../../store/mod.ts";
import {
  type CheckpointSummary,
  readCheckpoint,
  train,
  TRAINING_KINDS,
  TRAINING_PRESETS,
  type TrainingKind,
  type TrainingPreset,
  type TrainRequest,
  trainSettings,
} from "../../training/mod.ts";
import { pythonInterpreter } from "../host.ts";
import { listenForInterrupts } from "../terminal/interrupt.ts";
import { isFile } from "../is_file.ts";
import { parseJsonFlag } from "../json_flag.ts";
import { LiveDisplay } from "../terminal/live_display.ts";
import { notice, print } from "../terminal/output.ts";
import { registerCheckpoint } from "../train/checkpoint_artifact.ts";
import { trainerEnvironment } from "../train/trainer_environment.ts";
import { TrainingProgress } from "../train/training_progress.ts";

interface TrainFlags {
  readonly kind: TrainingKind;
  readonly data: string;
  readonly base: string;
  readonly out: string;
  readonly training: TrainingPreset;
  readonly settings: string;
  readonly seed: string;
  readonly accelerate?: string;
  readonly command?: string;
  readonly db?: string;
  readonly torch: string;
  readonly dryRun?: true;
  readonly json?: true;
  readonly quiet?: true;
}

/** `train`: exported data to a checkpoint. */
export function trainCommand(): Command {
  return new Command("train")
    .description("Train a policy or a reward model on exported data")
    .addOption(
      new Option("--kind <kind>", "what to train").choices([...TRAINING_KINDS])
        .makeOptionMandatory(),
    )
    .requiredOption("--data <path>", "folder that export made, or a file in its own format")
    .requiredOption("--base <folder>", "model to start from: a Hugging Face checkpoint")
    .requiredOption("--out <folder>", "folder that the checkpoint will be")
    .addOption(
      new Option("--preset <name>").hideHelp().argParser(() => {
        throw new UsageError("Cannot use flag --preset: it is called --training now");
      }),
    )
    .addOption(
      new Option("--training <name>", "preset of settings").choices([...TRAINING_PRESETS]).default(
        "starter",
      ),
    )
    .option("--settings <json>", "settings over the preset's, e.g. '{\"epochs\": 2}'", "{}")
    .option("--seed <n>", "seed of order, dropout and the held-out split", "0")
    .option("--accelerate <file>", "configuration of accelerate: several GPUs, FSDP, DeepSpeed")
    .option(
      "--command <json>",
      'command in place of our trainer, e.g. \'["srun", "{python}", "{trainer}", "{request}"]\'',
    )
    .option("--db <file>", "database that keeps a row of the checkpoint")
    .option("--torch <build>", "build of torch: cpu, cuda, or the URL of an index", "cpu")
    .option("--dry-run", "show what would be done, do nothing")
    .option("--json", "end with one line of JSON")
    .option("--quiet", "no progress")
    .addHelpText(
      "after",
      "\nWith saveSteps in the settings, the same command goes on where an interrupted one ended.",
    )
    .action(runTrain);
}

async function runTrain(flags: TrainFlags): Promise<void> {
  const command = parseCommand(flags.command);
  const request: TrainRequest = {
    kind: flags.kind,
    data: await dataFile(flags),
    base: flags.base,
    output: flags.out,
    seed: parseSeed(flags.seed),
    settings: trainSettings(flags.kind, {
      preset: flags.training,
      overrides: parseSettings(flags.settings),
    }),
  };
  if (flags.dryRun) return print(JSON.stringify(request, null, flags.json ? 0 : 2));
  // Hours later would be a bad time to learn that the database is not usable.
  if (flags.db !== undefined) await (await openStore(flags.db))[Symbol.asyncDispose]();
  const { folder, summary } = await trainShown(request, { flags, command });
  const artifact = flags.db === undefined ? null : await registerCheckpoint(flags.db, {
    ...request,
    folder,
    summary,
    madeFrom: [
      summary?.data.sha256 ?? null,
      (await readCheckpoint(request.base))?.sha256 ?? null,
    ],
  });
  if (flags.json) return print(JSON.stringify({ folder, artifact, ...summary }));
  print(`Checkpoint: ${folder}${artifact === null ? "" : `, artifact ${artifact}`}`);
  if (summary?.heldOut) {
    const { pairAccuracy, pairs, problems } = summary.heldOut;
    const percent = (100 * pairAccuracy).toFixed(1);
    print(`Pair accuracy on ${problems} held-out problems: ${percent} % of ${pairs} pairs`);
  }
  if (summary?.calibration) print(scaleLine(summary.calibration));
}

/** Describes the scale of a reward model, and says whether it was measured. */
function scaleLine(
  { b, tau, fittedOn, groups, problems }: NonNullable<CheckpointSummary["calibration"]>,
): string {
  const scale = `Scale: tanh((logit - ${b.toFixed(3)}) / ${tau.toFixed(3)})`;
  if (fittedOn === null) return scale;
  const found = `${groups} groups of ${problems} problems`;
  return fittedOn === "held-out"
    ? `${scale}, fitted on ${found} that were held out`
    : `${scale}, fitted on ${found} that it was trained on, and made wider: an estimate`;
}

async function trainShown(
  request: TrainRequest,
  { flags, command }: {
    readonly flags: TrainFlags;
    readonly command: readonly string[] | undefined;
  },
) {
  using interrupts = listenForInterrupts(() => notice("Interrupted: ending the trainer"));
  const signal = AbortSignal.any([interrupts.stopAdmitting, interrupts.stopNow]);
  const say = flags.quiet ? () => {} : notice;
  const progress = new TrainingProgress((text) => display.notice(text));
  const interpreter = await pythonInterpreter("models", {
    torch: flags.torch,
    onProgress: say,
    signal,
  });
  using display = new LiveDisplay(() => progress.picture(), { quiet: flags.quiet ?? false });
  return await train(request, {
    interpreter,
    command,
    accelerate: flags.accelerate,
    env: trainerEnvironment(command !== undefined),
    onEvent: (event) => progress.take(event),
    onLine: command === undefined || flags.quiet ? () => {} : (line) => display.notice(line),
    signal,
  });
}

function parseSettings(text: string): Readonly<Record<string, unknown>> {
  const schema = z.record(z.string(), z.unknown());
  return parseJsonFlag("--settings", text, { schema, expected: "a JSON object of settings" });
}

function parseCommand(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const schema = z.array(z.string().min(1)).min(1);
  return parseJsonFlag("--command", text, {
    schema,
    expected: "a JSON array of the program and its arguments",
  });
}

function parseSeed(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`Cannot use --seed ${text}: expected a whole number from 0`);
}

/** A folder of an export stands for the file in it that its kind trains on. */
async function dataFile({ data, kind }: TrainFlags): Promise<string> {
  // Every reward model is trained on the same groups: an outcome model looks at whole solutions, Q regression at their Q.
  const exported = kind === "sft" ? "sft" : "pairs";
  const file = OWN_FILES[exported];
  // An export makes a folder for each kind of data in the one that it is given.
  for (const path of [join(data, file), join(data, exported, file)]) {
    if (await isFile(path)) return path;
  }
  return data;
}
