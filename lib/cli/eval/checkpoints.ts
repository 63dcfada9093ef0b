/** Which models are measured: the checkpoints of rounds, or what the user names. */
import { join } from "node:path";
import { z } from "zod";
import type { EvalConfig } from "../../config/mod.ts";
import { DEFAULT_CALIBRATION, type PpmCalibration, UsageError } from "../../core/mod.ts";
import type { ArtifactInfo, ArtifactStore, RunInfo, RunStore } from "../../store/mod.ts";
import { artifactPlace, baseFolder, DEFAULT_POLICY } from "../../models/mod.ts";

/** Where a model is: a folder for the embedded engine, or endpoints that serve it. */
export type ModelSource =
  | { readonly kind: "folder"; readonly folder: string }
  | {
    readonly kind: "urls";
    readonly urls: readonly string[];
    /** Checkpoint that they must serve; `null` where anything will do. */
    readonly serves: string | null;
  };

/** Models that are measured together. */
export interface MeasuredModels {
  /** As printed: `round 3`, or the last part of a folder. */
  readonly label: string;
  readonly runNo: number | null;
  readonly roundNo: number | null;
  /** Numbers of the artifacts; `null` for models from elsewhere. */
  readonly policyArtifact: number | null;
  readonly ppmArtifact: number | null;
  readonly policy: ModelSource;
  /** `null` where there is none. */
  readonly ppm: ModelSource | null;
  /** Scale of the PPM. */
  readonly calibration: PpmCalibration;
}

/**
 * Finds what is to be measured: `--checkpoint`, the rounds that were asked for, or else the newest round of the newest evolve run and,
 * where there is none, the model that ships.
 *
 * @throws {UsageError} If there is no such run, round or checkpoint, or the base is not found.
 */
export async function findModels(
  config: EvalConfig,
  store: RunStore & ArtifactStore,
): Promise<readonly MeasuredModels[]> {
  if (config.checkpoint !== undefined) return [await elsewhere(config, config.checkpoint)];
  const run = findRun(await store.runs(), config);
  const checkpoints = run === null
    ? []
    : await store.artifacts({ runNo: run.runNo, kind: "checkpoint" });
  const rounds = roundsOf(checkpoints);
  const newest = rounds.at(-1);
  if (run === null || (newest === undefined && !isAskedFor(config))) {
    return [await elsewhere(config, DEFAULT_POLICY)];
  }
  const wanted = config.allRounds ? rounds : [config.round ?? newest ?? 0];
  if (wanted.length === 0 || wanted.some((round) => !rounds.includes(round))) {
    throw new UsageError(
      `Cannot measure ${
        config.allRounds ? "rounds" : `round ${wanted[0]}`
      } of run "${run.name}": ` +
        `it has checkpoints of ${rounds.length === 0 ? "no round" : `rounds ${rounds.join(", ")}`}`,
    );
  }
  return await Promise.all(wanted.map((round) => ofRound(config, { run, round, checkpoints })));
}

/** Rounds that have a policy, ascending. */
function roundsOf(checkpoints: readonly ArtifactInfo[]): readonly number[] {
  const rounds = checkpoints.filter(({ role }) => role === "policy").map(({ roundNo }) => roundNo)
    .filter((round) => round !== null);
  return [...new Set(rounds)].sort((a, b) => a - b);
}

/** Whether the user means the rounds of a run. */
function isAskedFor({ run, round, allRounds }: EvalConfig): boolean {
  return run !== undefined || round !== undefined || allRounds;
}

/** The run whose rounds are meant; `null` where none is stored and none was asked for. */
function findRun(runs: readonly RunInfo[], config: EvalConfig): RunInfo | null {
  const evolved = runs.filter(({ command }) => command === "evolve");
  const found = config.run === undefined
    ? evolved.at(-1)
    : runs.find(({ name }) => name === config.run);
  if (found !== undefined) return found;
  if (!isAskedFor(config)) return null;
  const names = evolved.length === 0
    ? "no run of evolve"
    : `the runs ${evolved.map(({ name }) => `"${name}"`).join(", ")} of evolve`;
  throw new UsageError(
    `Cannot measure ${
      config.run === undefined ? "rounds" : `run "${config.run}"`
    } in "${config.db}": it has ${names}; name one with --run, or a model with --checkpoint`,
  );
}

async function elsewhere(config: EvalConfig, checkpoint: string): Promise<MeasuredModels> {
  const policy = sourceOf(checkpoint);
  const ppm = config.ppm === undefined ? null : sourceOf(config.ppm);
  return {
    label: policy.kind === "folder"
      ? policy.folder.split("/").filter((part) => part !== "").slice(-2).join("/")
      : config.policyModel ?? policy.urls.join(", "),
    runNo: null,
    roundNo: null,
    policyArtifact: null,
    ppmArtifact: null,
    policy,
    ppm,
    calibration: await calibrationOf(config, ppm, null),
  };
}

async function ofRound(
  config: EvalConfig,
  { run, round, checkpoints }: {
    readonly run: RunInfo;
    readonly round: number;
    readonly checkpoints: readonly ArtifactInfo[];
  },
): Promise<MeasuredModels> {
  const find = (role: string) =>
    checkpoints.findLast((one) => one.roundNo === round && one.role === role) ?? null;
  const policy = find("policy");
  if (policy === null) throw new UsageError(`Cannot measure round ${round}: it has no policy`);
  const ppm = find("ppm");
  const place = (artifact: ArtifactInfo, urls: string | undefined): ModelSource => {
    const source = sourceOf(artifactPlace(config.db, artifact));
    if (urls === undefined) return source;
    const serving = sourceOf(urls);
    if (serving.kind === "folder") return serving;
    return { ...serving, serves: source.kind === "folder" ? source.folder : null };
  };
  const ppmSource = ppm === null
    ? config.ppm === undefined ? null : sourceOf(config.ppm)
    : place(ppm, config.ppm);
  return {
    label: `round ${round}`,
    runNo: run.runNo,
    roundNo: round,
    policyArtifact: policy.artifactId,
    ppmArtifact: ppm?.artifactId ?? null,
    policy: round === 0 && config.policy === undefined
      ? sourceOf(await baseFolder(policy, config.base))
      : place(policy, config.policy),
    ppm: ppmSource,
    calibration: await calibrationOf(config, ppmSource, ppm),
  };
}

function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text);
}

function sourceOf(text: string): ModelSource {
  const parts = text.split(",").map((part) => part.trim());
  return parts.every(isUrl)
    ? { kind: "urls", urls: parts, serves: null }
    : { kind: "folder", folder: text };
}

/** Calibration that training left with a checkpoint, in its row and in its folder. */
const Calibration = z.object({
  calibration: z.object({ b: z.number(), tau: z.number().positive() }).nullable(),
});

/** The scale of a PPM: the user's, or the checkpoint's, or else plain tanh. */
async function calibrationOf(
  config: EvalConfig,
  source: ModelSource | null,
  artifact: ArtifactInfo | null,
): Promise<PpmCalibration> {
  const row = Calibration.safeParse(artifact?.meta);
  const found = row.success
    ? row.data.calibration
    : source?.kind === "folder"
    ? await readCalibration(source.folder)
    : null;
  return {
    bias: config.ppmBias ?? found?.b ?? DEFAULT_CALIBRATION.bias,
    scale: config.ppmScale ?? found?.tau ?? DEFAULT_CALIBRATION.scale,
  };
}

async function readCalibration(folder: string): Promise<{ b: number; tau: number } | null> {
  const path = join(folder, "rstar.json");
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const parsed = Calibration.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data.calibration;
  throw new UsageError(
    `Cannot use the PPM "${folder}": "${path}" holds no calibration {b, tau}; give --ppm-bias and --ppm-scale`,
  );
}
