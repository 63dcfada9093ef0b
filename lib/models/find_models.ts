/** Finds the models that a command works with: the checkpoints of rounds, or what the user names. */
import { type PpmCalibration, UsageError } from "../core/mod.ts";
import type { ArtifactInfo, ArtifactStore, RunInfo, RunStore } from "../store/mod.ts";
import { artifactPlace } from "./artifact_location.ts";
import { baseFolder } from "./base_folder.ts";
import { type ScaleSettings, storedCalibration } from "./calibration.ts";
import { DEFAULT_POLICY } from "./default_policy.ts";
import { type ModelPair, type ModelSource, modelSource, storedSource } from "./model_source.ts";

/** Settings that say which models are meant. */
export interface ModelChoice extends ScaleSettings {
  readonly db: string;
  /** Run whose rounds are meant; the newest of evolve where none is named. */
  readonly run?: string | undefined;
  readonly round?: number | undefined;
  readonly allRounds: boolean;
  /** Policy: a folder, or URLs; with a round those that serve its policy. */
  readonly policy?: readonly string[] | undefined;
  readonly policyModel?: string | undefined;
  /** PPM: a folder, or URLs; those of a round serve its PPM. */
  readonly ppm?: readonly string[] | undefined;
  readonly ppmModel?: string | undefined;
  /** Folder of the run's base. */
  readonly base?: string | undefined;
}

/** Models that are measured together. */
export interface MeasuredModels extends ModelPair {
  /** As printed: `round 3`, or the last part of a folder. */
  readonly label: string;
  readonly runNo: number | null;
  readonly roundNo: number | null;
  /** Numbers of the artifacts; `null` for models from elsewhere. */
  readonly policyArtifact: number | null;
  readonly ppmArtifact: number | null;
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
  config: ModelChoice,
  store: RunStore & ArtifactStore,
): Promise<readonly MeasuredModels[]> {
  const named = modelSource(config.policy ?? [], config.policyModel);
  if (named !== null && config.round === undefined) return [await elsewhere(config, named)];
  const run = findRun(await store.runs(), config);
  const checkpoints = run === null
    ? []
    : await store.artifacts({ runNo: run.runNo, kind: "checkpoint" });
  const rounds = roundsOf(checkpoints);
  const newest = rounds.at(-1);
  if (run === null || (newest === undefined && !isAskedFor(config))) {
    return [await elsewhere(config, storedSource(DEFAULT_POLICY))];
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
function isAskedFor({ run, round, allRounds }: ModelChoice): boolean {
  return run !== undefined || round !== undefined || allRounds;
}

/** The run whose rounds are meant; `null` where none is stored and none was asked for. */
function findRun(runs: readonly RunInfo[], config: ModelChoice): RunInfo | null {
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
    } in "${config.db}": it has ${names}; name one with --run, or a model with --policy`,
  );
}

async function elsewhere(config: ModelChoice, policy: ModelSource): Promise<MeasuredModels> {
  const ppm = modelSource(config.ppm ?? [], config.ppmModel);
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
    calibration: await storedCalibration(config, ppm, null),
  };
}

async function ofRound(
  config: ModelChoice,
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
  const place = (artifact: ArtifactInfo, named: ModelSource | null): ModelSource => {
    const source = storedSource(artifactPlace(config.db, artifact));
    if (named === null) return source;
    if (named.kind === "folder") return named;
    return { ...named, serves: source.kind === "folder" ? source.folder : null };
  };
  const namedPolicy = modelSource(config.policy ?? [], config.policyModel);
  const namedPpm = modelSource(config.ppm ?? [], config.ppmModel);
  const ppmSource = ppm === null ? namedPpm : place(ppm, namedPpm);
  return {
    label: `round ${round}`,
    runNo: run.runNo,
    roundNo: round,
    policyArtifact: policy.artifactId,
    ppmArtifact: ppm?.artifactId ?? null,
    policy: round === 0 && namedPolicy === null
      ? storedSource(await baseFolder(policy, config.base))
      : place(policy, namedPolicy),
    ppm: ppmSource,
    calibration: await storedCalibration(config, ppmSource, ppm),
  };
}
