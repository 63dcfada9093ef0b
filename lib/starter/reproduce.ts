/** Makes everything that ships of the starter world anew: problem sets, corpora, base models, manifest. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import {
  END_OF_OUTPUT,
  InfrastructureError,
  OUTPUT,
  type Problem,
  SPECIAL_TOKENS,
} from "../core/mod.ts";
import { runProcess } from "../process/mod.ts";
import type { BaseFigures } from "./base_check.ts";
import { CORPORA, type Corpus, corpusExamples } from "./corpus.ts";
import {
  manifestFiles,
  type ManifestModel,
  type StarterManifest,
  writeManifest,
} from "./manifest.ts";
import { GENERATOR_VERSION, type Split, starterProblems, type World } from "./splits.ts";

/** The shipped problem sets: file name, split, world, rows. */
export const PROBLEM_SETS: readonly {
  readonly file: string;
  readonly world: World;
  readonly split: Split;
  readonly count: number;
}[] = [
  { file: "problems_train.jsonl", world: "misconceptions", split: "train", count: 4000 },
  { file: "problems_validation.jsonl", world: "misconceptions", split: "validation", count: 500 },
  { file: "problems_test.jsonl", world: "misconceptions", split: "test", count: 2000 },
  { file: "problems_ood.jsonl", world: "misconceptions", split: "ood", count: 500 },
  { file: "control_train.jsonl", world: "control", split: "train", count: 1000 },
  { file: "control_validation.jsonl", world: "control", split: "validation", count: 200 },
  { file: "control_test.jsonl", world: "control", split: "test", count: 500 },
];

/** One pass over one corpus. */
export interface PretrainStage {
  readonly corpus: Corpus;
  readonly count: number;
  /** Peak of AdamW's learning rate; linear warm-up and decay. */
  readonly learningRate: number;
}

/** Trained first and once: without a pass over flawless solutions no model of this size learns to copy numbers. */
export const FOUNDATION: PretrainStage = { corpus: "clean", count: 20000, learningRate: 3e-3 };

/** A base model: a copy of the foundation that goes on with a corpus of its own. */
export interface BaseModel {
  /** Checkpoint folder. */
  readonly folder: string;
  /** File of the problems that it is measured on. */
  readonly validation: string;
  readonly stage: PretrainStage;
}

/** The shipped base models by name. */
export const BASE_MODELS: Readonly<Record<string, BaseModel>> = {
  base: {
    folder: "base",
    validation: "problems_validation.jsonl",
    stage: { corpus: "misconceptions", count: 28000, learningRate: 3e-3 },
  },
  control: {
    folder: "control",
    validation: "control_validation.jsonl",
    stage: { corpus: "control", count: 8000, learningRate: 1.5e-3 },
  },
};

/** Vocabulary of the starter tokenizer, special tokens included. */
const VOCABULARY_SIZE = 576;
const BATCH_SIZE = 16;

/** Measures a checkpoint; the caller brings engine and sandbox, which this room must not know. */
export type MeasureBase = (
  checkpoint: string,
  problems: readonly Problem[],
) => Promise<BaseFigures>;

/** Options of {@linkcode reproduceStarter}. */
export interface ReproduceOptions {
  /** Python with torch and transformers. */
  readonly interpreter: string;
  /** Folder that receives the problem sets, checkpoints and manifest; created when missing. */
  readonly outFolder: string;
  /** Measures the models on validation problems; without it the manifest holds no figures. */
  readonly measure?: MeasureBase;
  /** @default 1 */
  readonly seed?: number;
  /** Threads of torch. @default 2 */
  readonly threads?: number;
  /** Called with lines for a person. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reproduces the starter world: under half an hour on two cores, nearly all of it pretraining. Problem sets come out byte for byte;
 * models come out alike (see `compareManifests`).
 *
 * @throws {InfrastructureError} If pretraining fails.
 */
export async function reproduceStarter(options: ReproduceOptions): Promise<StarterManifest> {
  const { outFolder, seed = 1, measure } = options;
  await Deno.mkdir(outFolder, { recursive: true });
  const problems = await writeProblemSets(outFolder, seed);
  const { losses, parameters } = await pretrain(options);
  const models: Record<string, ManifestModel> = {};
  const paths = PROBLEM_SETS.map((set) => set.file);
  for (const [name, { folder, validation, stage }] of Object.entries(BASE_MODELS)) {
    const checkpoint = join(outFolder, folder);
    const figures = await measure?.(checkpoint, problems.get(validation) ?? []);
    models[name] = {
      folder,
      parameters,
      loss: losses[stage.corpus],
      measuredOn: validation,
      figures: figures ?? null,
    };
    for await (const entry of Deno.readDir(checkpoint)) paths.push(`${folder}/${entry.name}`);
  }
  const files = await manifestFiles(outFolder, paths);
  const manifest = { generatorVersion: GENERATOR_VERSION, seed, files, models };
  await writeManifest(outFolder, manifest);
  return manifest;
}

/** Writes the problem sets; returns them by file name. */
export async function writeProblemSets(
  folder: string,
  seed: number,
): Promise<ReadonlyMap<string, readonly Problem[]>> {
  const sets = new Map<string, readonly Problem[]>();
  for (const { file, ...set } of PROBLEM_SETS) {
    const problems = starterProblems({ ...set, seed });
    await writeJsonLines(join(folder, file), problems);
    sets.set(file, problems);
  }
  return sets;
}

/** Last line that the pretraining command prints. */
const PretrainSummary = z.strictObject({
  losses: z.record(z.enum(CORPORA), z.number()),
  parameters: z.number().int(),
});

async function pretrain(options: ReproduceOptions): Promise<z.infer<typeof PretrainSummary>> {
  const { interpreter, outFolder, signal, onProgress } = options;
  const work = await Deno.makeTempDir({ dir: resolve(outFolder), prefix: ".pretrain_" });
  try {
    const specification = await writeSpecification(work, options);
    const { code, stdout, stderr } = await runProcess(
      interpreter,
      ["-m", "pretrain", specification],
      {
        cwd: fileURLToPath(new URL(".", import.meta.url)),
        env: { PYTHONDONTWRITEBYTECODE: "1" },
        signal,
        ...(onProgress === undefined ? {} : { onStderrLine: onProgress }),
      },
    );
    if (code === 0) return PretrainSummary.parse(JSON.parse(stdout));
    throw new InfrastructureError(
      "process",
      `Cannot pretrain the starter models: expected exit code 0, got ${code}; ${stderr}`,
    );
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Writes the corpora and the file that describes them to the pretraining command. */
async function writeSpecification(work: string, options: ReproduceOptions): Promise<string> {
  const { outFolder, seed = 1, threads = 2 } = options;
  const describe = async (stage: PretrainStage) => {
    const { corpus: name, count, learningRate } = stage;
    const corpus = join(work, `${name}.jsonl`);
    await writeJsonLines(corpus, corpusExamples({ corpus: name, count, seed }));
    return { name, corpus, learningRate };
  };
  const branches = await Promise.all(
    Object.values(BASE_MODELS).map(async ({ folder, stage }) => ({
      ...await describe(stage),
      outFolder: resolve(outFolder, folder),
    })),
  );
  const path = join(work, "specification.json");
  const specification = {
    specialTokens: SPECIAL_TOKENS,
    unsampled: [OUTPUT, END_OF_OUTPUT],
    vocabularySize: VOCABULARY_SIZE,
    batchSize: BATCH_SIZE,
    threads,
    seed,
    foundation: await describe(FOUNDATION),
    branches,
  };
  await Deno.writeTextFile(path, JSON.stringify(specification));
  return path;
}

async function writeJsonLines(path: string, rows: Iterable<unknown>): Promise<void> {
  const lines = Array.from(rows, (row) => `${JSON.stringify(row)}\n`);
  await Deno.writeTextFile(path, lines.join(""));
}
