import { type EvolveConfig, SynthConfig } from "../../config/mod.ts";
import type { InfrastructureError, ReplyStore } from "../../core/mod.ts";
import {
  type EndpointPool,
  openFileReplyStore,
  type Policy,
  type Ppm,
  type PpmCalibration,
  recordedPolicy,
  recordedPpm,
  type RecorderMode,
  scriptedPolicy,
  scriptedPpm,
} from "../../endpoint/mod.ts";
import { PRESETS } from "../../search/mod.ts";
import { openModels } from "../synth/models.ts";
import { serveByHook, type ServedEndpoints } from "./hooks.ts";

/** Checkpoints of one round. */
export interface ServedRound {
  /** Round whose training made them; 0 is the base. */
  readonly round: number;
  /** Folder, or what the serving hook calls it. */
  readonly policy: string;
  /** Whether the policy is the bootstrap model, which may speak another route. */
  readonly isBootstrap: boolean;
  /** `null` where nothing asks a PPM. */
  readonly ppm: { readonly location: string; readonly calibration: PpmCalibration } | null;
}

/** Models that are being served. */
export interface RoundModels {
  readonly policy: Policy;
  /** `null` where none was asked for. */
  readonly ppm: Ppm | null;
  /** Queues to show; `null` when replies come from a recording. */
  readonly policyPool: EndpointPool | null;
  readonly ppmPool: EndpointPool | null;
  /** Settles when what serves them dies. */
  readonly died: Promise<InfrastructureError>;
}

/** Options of {@linkcode openRoundServer}. */
export interface RoundServerOptions {
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Opens what serves the models of one round after the other: the embedded engine, the command `hooks.serve`, or a recording.
 *
 * @throws {InfrastructureError} If the recording cannot be read.
 */
export async function openRoundServer(
  config: EvolveConfig,
  options: RoundServerOptions,
): Promise<RoundServer> {
  const path = config.replay ?? config.record;
  if (path === undefined) return new RoundServer(config, { ...options, replies: null });
  const mode: RecorderMode = config.replay === undefined ? "record" : "replay";
  const store = await openFileReplyStore(path, { mode: mode === "replay" ? "read" : "append" });
  return new RoundServer(config, { ...options, replies: { store, mode } });
}

interface Replies {
  readonly store: ReplyStore & AsyncDisposable;
  readonly mode: RecorderMode;
}

interface OpenRound {
  readonly served: ServedRound;
  readonly models: RoundModels;
  readonly resources: AsyncDisposable;
}

const never = new Promise<InfrastructureError>(() => {});

/** Serves the models of one round at a time. */
export class RoundServer implements AsyncDisposable {
  readonly #config: EvolveConfig;
  readonly #options: RoundServerOptions & { readonly replies: Replies | null };
  #open: OpenRound | null = null;

  /** Use {@linkcode openRoundServer}. */
  constructor(
    config: EvolveConfig,
    options: RoundServerOptions & { readonly replies: Replies | null },
  ) {
    this.#config = config;
    this.#options = options;
  }

  /**
   * Models of a round. What is served already is kept when it holds what is asked for.
   *
   * @throws {InfrastructureError} If they cannot be served.
   */
  async use(wanted: ServedRound): Promise<RoundModels> {
    if (this.#open === null || !holds(this.#open.served, wanted)) {
      await this.release();
      this.#open = await this.#start(wanted);
    }
    const { models } = this.#open;
    return wanted.ppm === null ? { ...models, ppm: null, ppmPool: null } : models;
  }

  /** Ends what is served: a trainer needs its memory. */
  async release(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.resources[Symbol.asyncDispose]();
  }

  /** Ends what is served and closes the recording. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
    await this.#options.replies?.store[Symbol.asyncDispose]();
  }

  async #start(served: ServedRound): Promise<OpenRound> {
    await using opening = new AsyncDisposableStack();
    const { replies } = this.#options;
    const live = replies?.mode === "replay"
      ? replayed(served)
      : await this.#startLive(served, opening);
    const models = replies === null ? live : recorded(live, { served, replies });
    return { served, models, resources: opening.move() };
  }

  async #startLive(
    served: ServedRound,
    resources: AsyncDisposableStack,
  ): Promise<RoundModels> {
    const { onProgress, signal } = this.#options;
    const endpoints = await this.#serveByHook(served, resources);
    const usesEngine = endpoints === null;
    const models = await openModels(roundConfig(this.#config, { served, endpoints }), {
      problems: [],
      ungradable: 0,
      seeds: [],
      spec: { ...PRESETS.default.spec, guidance: served.ppm === null ? "terminal" : "ppm" },
      policyFolder: usesEngine ? served.policy : null,
      ppmFolder: usesEngine ? served.ppm?.location ?? null : null,
    }, { resources, onProgress, signal });
    return {
      ...models,
      ppm: models.ppm === null || served.ppm === null
        ? null
        : { ...models.ppm, calibration: served.ppm.calibration },
      died: endpoints === null ? models.died : Promise.race([models.died, endpoints.ended]),
    };
  }

  async #serveByHook(served: ServedRound, resources: AsyncDisposableStack) {
    const { hooks } = this.#config;
    if (hooks.serve === undefined) return null;
    const { round, policy, ppm } = served;
    const hook = resources.use(
      await serveByHook(hooks.serve, {
        ...this.#options,
        values: { policy, ppm: ppm?.location ?? "", round: String(round) },
        // It is the user's own command: it needs what the user's shell has.
        env: Deno.env.toObject(),
        timeoutSeconds: hooks.timeoutSeconds,
      }),
    );
    return { ...hook.endpoints, ended: hook.ended };
  }
}

function holds(open: ServedRound, wanted: ServedRound): boolean {
  return open.round === wanted.round && open.policy === wanted.policy &&
    (wanted.ppm === null || open.ppm?.location === wanted.ppm.location);
}

/** What opening models looks at, as `synth` would be told it. */
function roundConfig(
  config: EvolveConfig,
  { served, endpoints }: {
    readonly served: ServedRound;
    readonly endpoints: ServedEndpoints | null;
  },
): SynthConfig {
  const { concurrency, workers, torch, prices } = config;
  const { policy = [], ppm = [], policyModel, ppmModel } = endpoints ?? {};
  return SynthConfig.parse({
    ...{ concurrency, workers, torch, prices, policy, ppm, policyModel, ppmModel },
    policyApi: served.isBootstrap ? config.policyApi : "completions",
  });
}

/** Stands in for the models of a recording: it is never asked. */
function replayed(served: ServedRound): RoundModels {
  return {
    policy: scriptedPolicy([]),
    ppm: served.ppm === null
      ? null
      : { ...scriptedPpm(() => 0), calibration: served.ppm.calibration },
    policyPool: null,
    ppmPool: null,
    died: never,
  };
}

/**
 * The models with their replies kept, or replaced by what was kept. A reply belongs to a round, not to a name: every round serves
 * its models under the same one.
 */
function recorded(
  live: RoundModels,
  { served, replies }: { readonly served: ServedRound; readonly replies: Replies },
): RoundModels {
  const named = <Model extends Policy | Ppm>(model: Model, role: string): Model => ({
    ...model,
    description: { ...model.description, model: `${role} of round ${served.round}` },
  });
  return {
    ...live,
    policy: recordedPolicy(
      named(live.policy, served.isBootstrap ? "bootstrap" : "policy"),
      replies,
    ),
    ppm: live.ppm === null ? null : recordedPpm(named(live.ppm, "ppm"), replies),
  };
}
