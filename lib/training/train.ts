import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { InfrastructureError, parseJson, SPECIAL_TOKENS, UsageError } from "../core/mod.ts";
import { type ChildProcess, MODEL_ENVIRONMENT, startProcess } from "../process/mod.ts";
import { readCheckpoint, requireCheckpoint } from "./checkpoint.ts";
import { learningSettings, type TrainingKind, type TrainSettings } from "./train_settings.ts";
import { TRAINER, trainerCommand } from "./trainer_command.ts";
import { type CheckpointSummary, TrainerEvent } from "./trainer_event.ts";

/** Request for a training. */
export interface TrainRequest {
  readonly kind: TrainingKind;
  /** File of the export's own format: traces for `sft`, groups of pairs for reward models. */
  readonly data: string;
  /** Folder of the model that training starts from. */
  readonly base: string;
  /** Folder that the checkpoint will be; it must not exist. */
  readonly output: string;
  readonly seed: number;
  /**
   * Seed of the held-out split; rounds whose PPMs are compared share it, whatever their own seeds are.
   *
   * @default seed
   */
  readonly splitSeed?: number;
  readonly settings: TrainSettings;
}

/** Options of {@linkcode train}. */
export interface TrainOptions {
  /** Python of the `models` environment. */
  readonly interpreter: string;
  /** Command in place of our own trainer (`trainer_command.ts`), e.g. through Slurm. */
  readonly command?: readonly string[] | undefined;
  /** Configuration file of accelerate: several GPUs, FSDP, DeepSpeed. */
  readonly accelerate?: string | undefined;
  /** Variables of the process besides its own; nothing is inherited. @default {} */
  readonly env?: Readonly<Record<string, string>>;
  readonly onEvent?: (event: TrainerEvent) => void;
  /** Called with what a command of the user prints besides events. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A checkpoint folder that the trainer finished. */
export interface TrainedCheckpoint {
  readonly folder: string;
  /** Summary that the trainer wrote; `null` where a command of the user made the checkpoint and left no summary. */
  readonly summary: CheckpointSummary | null;
}

/**
 * Trains a model in a process of its own; the folder appears when it is whole. A state that an interrupted training left beside it
 * (`saveSteps`) is gone on from, also with settings that only cost less (`learningSettings`).
 *
 * @throws {UsageError} If data, base or settings cannot be trained with, or the output exists.
 * @throws {InfrastructureError} If the trainer dies, or ends without a checkpoint.
 * @throws The signal's reason, when it aborts; the trainer is ended.
 */
export async function train(
  request: TrainRequest,
  options: TrainOptions,
): Promise<TrainedCheckpoint> {
  const { signal } = options;
  signal?.throwIfAborted();
  await checkFolders(request);
  const requestFile = await writeRequest(request);
  try {
    await runTrainer(request, requestFile, options);
  } finally {
    await Deno.remove(requestFile);
  }
  await requireCheckpoint(request.output);
  return { folder: request.output, summary: await readCheckpoint(request.output) };
}

async function checkFolders({ base, data, output }: TrainRequest): Promise<void> {
  const kindOf = (path: string) =>
    Deno.stat(path).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    });
  await readCheckpoint(base);
  if ((await kindOf(data))?.isFile !== true) {
    throw new UsageError(`Cannot train on "${data}": expected a file that export wrote, got none`);
  }
  if (await kindOf(output) !== null) {
    throw new UsageError(
      `Cannot train into "${output}": expected a folder that does not exist yet; name another one, or remove it`,
    );
  }
}

/** Writes beside the output what a trainer is told (`Request` of `trainer/request.py`); returns the file's path. */
export async function writeRequest(request: TrainRequest): Promise<string> {
  const { kind, seed, splitSeed = seed, settings } = request;
  const output = resolve(request.output);
  await Deno.mkdir(resolve(output, ".."), { recursive: true });
  const path = `${output}.request.json`;
  const body = {
    kind,
    seed,
    splitSeed,
    settings,
    learning: learningSettings(settings),
    data: resolve(request.data),
    dataSha256: await fileHash(request.data),
    base: resolve(request.base),
    output,
    specialTokens: SPECIAL_TOKENS,
  };
  await Deno.writeTextFile(path, JSON.stringify(body));
  return path;
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}

async function runTrainer(
  request: TrainRequest,
  requestFile: string,
  options: TrainOptions,
): Promise<void> {
  const { signal, interpreter, command, accelerate } = options;
  const values = {
    python: interpreter,
    trainer: TRAINER,
    request: requestFile,
    kind: request.kind,
    data: resolve(request.data),
    base: resolve(request.base),
    output: resolve(request.output),
  };
  const [program = "", ...args] = trainerCommand(values, {
    ...(command === undefined ? {} : { command }),
    ...(accelerate === undefined ? {} : { accelerate }),
  });
  await using child = startProcess(program, args, {
    env: {
      ...MODEL_ENVIRONMENT,
      PYTHONDONTWRITEBYTECODE: "1",
      ...options.env,
    },
    onStderrLine: options.onLine ?? (() => {}),
    // Our own trainer's processes end with the one that started them; only the user's come with the permission that this takes.
    endsGroup: command !== undefined,
  });
  const onAbort = () => child.kill();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const failure = await readEvents(child, options);
    const { code, signal: ending } = await child.status;
    signal?.throwIfAborted();
    if (failure !== null) throw trainingError(failure);
    if (code !== 0) throw diedError(program, { code, ending, stderr: child.stderrTail });
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

type Failure = Extract<TrainerEvent, { event: "failed" }>;

/** Hands events on until the trainer closes its output; returns the failure that it named. */
async function readEvents(child: ChildProcess, options: TrainOptions): Promise<Failure | null> {
  let failure: Failure | null = null;
  let partial = "";
  const take = (line: string) => {
    const event = readEvent(line, options);
    if (event === null) options.onLine?.(line);
    else options.onEvent?.(event);
    if (event?.event === "failed") failure = event;
  };
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (partial + text).split("\n");
    partial = lines.pop() ?? "";
    lines.forEach(take);
  }
  if (partial !== "") take(partial);
  return failure;
}

/** An event; `null` for any other line, which only a command of the user prints, also such that look like an event. */
function readEvent(line: string, { command }: TrainOptions): TrainerEvent | null {
  if (!line.startsWith('{"event"')) return null;
  if (command === undefined) return TrainerEvent.parse(JSON.parse(line));
  return TrainerEvent.safeParse(parseJson(line)).data ?? null;
}

function trainingError({ kind, message }: Failure): Error {
  return kind === "data" || kind === "model" || kind === "settings"
    ? new UsageError(message)
    : new InfrastructureError("process", message);
}

function diedError(
  program: string,
  end: { readonly code: number; readonly ending: string | null; readonly stderr: string },
): InfrastructureError {
  const how = end.ending === null ? `exit code ${end.code}` : end.ending;
  const cure = end.ending === "SIGKILL"
    ? "; the kernel ends what takes too much memory: a smaller deviceBatchSize or maxLength takes less"
    : "";
  return new InfrastructureError(
    "process",
    `The trainer "${program}" died (${how})${cure}: ${
      end.stderr.slice(-2000) || "it said nothing"
    }`,
  );
}
