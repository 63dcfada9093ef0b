import type { PpmCalibration } from "../../core/mod.ts";
import { type EvolveConfig, SynthConfig } from "../../config/mod.ts";
import { type Policy, type Ppm, recordedPolicy, recordedPpm } from "../../endpoint/mod.ts";
import {
  type OpenReplies,
  openReplies,
  type ServedModels,
  unaskedModels,
} from "../served_models.ts";
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

/** Settings that serving uses. */
export type RoundServerConfig =
  & Pick<
    EvolveConfig,
    "concurrency" | "requestTimeout" | "workers" | "torch" | "prices" | "hooks" | "policyApi"
  >
  & Partial<Pick<EvolveConfig, "record" | "replay">>;

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
  config: RoundServerConfig,
  options: RoundServerOptions,
): Promise<RoundServer> {
  return new RoundServer(config, { ...options, replies: await openReplies(config) });
}

interface OpenRound {
  readonly served: ServedRound;
  readonly models: ServedModels;
  readonly resources: AsyncDisposable;
}

/** Serves the models of one round at a time. */
export class RoundServer implements AsyncDisposable {
  readonly #config: RoundServerConfig;
  readonly #options: RoundServerOptions & { readonly replies: OpenReplies | null };
  #open: OpenRound | null = null;

  /** Use {@linkcode openRoundServer}. */
  constructor(
    config: RoundServerConfig,
    options: RoundServerOptions & { readonly replies: OpenReplies | null },
  ) {
    this.#config = config;
    this.#options = options;
  }

  /**
   * Models of a round. What is served already is kept when it holds what is asked for.
   *
   * @throws {InfrastructureError} If they cannot be served.
   */
  async use(wanted: ServedRound): Promise<ServedModels> {
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
      ? unaskedModels(served.ppm?.calibration ?? null)
      : await this.#startLive(served, opening);
    const models = replies === null ? live : recorded(live, { served, replies });
    return { served, models, resources: opening.move() };
  }

  async #startLive(
    served: ServedRound,
    resources: AsyncDisposableStack,
  ): Promise<ServedModels> {
    const { onProgress, signal } = this.#options;
    const endpoints = await this.#serveByHook(served, resources);
    const usesEngine = endpoints === null;
    const models = await openModels(roundConfig(this.#config, { served, endpoints }), {
      spec: { guidance: served.ppm === null ? "terminal" : "ppm", calibration: null },
      policyFolder: usesEngine ? served.policy : null,
      ppmFolder: usesEngine ? served.ppm?.location ?? null : null,
    }, { resources, onProgress, signal, flags: SERVED_BY_HOOK });
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

/** Addresses come from the hook: there is no flag to check. */
const SERVED_BY_HOOK = { policy: "hooks.serve", ppm: "hooks.serve" } as const;

function holds(open: ServedRound, wanted: ServedRound): boolean {
  return open.round === wanted.round && open.policy === wanted.policy &&
    (wanted.ppm === null || open.ppm?.location === wanted.ppm.location);
}

/** Settings for opening the models of a round, as `synth` would be given them. */
function roundConfig(
  config: RoundServerConfig,
  { served, endpoints }: {
    readonly served: ServedRound;
    readonly endpoints: ServedEndpoints | null;
  },
): SynthConfig {
  const { concurrency, requestTimeout, workers, torch, prices } = config;
  const { policy = [], ppm = [], policyModel, ppmModel } = endpoints ?? {};
  return SynthConfig.parse({
    concurrency,
    requestTimeout,
    workers,
    torch,
    prices,
    policy,
    ppm,
    policyModel,
    ppmModel,
    policyApi: served.isBootstrap ? config.policyApi : "completions",
  });
}

/**
 * The models with their replies kept, or replaced by what was kept. A reply belongs to a round, not to a name: every round serves
 * its models under the same one.
 */
function recorded(
  live: ServedModels,
  { served, replies }: { readonly served: ServedRound; readonly replies: OpenReplies },
): ServedModels {
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
