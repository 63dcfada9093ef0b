import type { PolicyApi, ServeSettings } from "../config/mod.ts";
import type { PpmCalibration } from "../core/mod.ts";
import type { ModelHost } from "./model_host.ts";
import { openModels, type WantedModels } from "./open_models.ts";
import { recordedModels } from "./recorded_models.ts";
import { serveByHook, type ServedByHook } from "./serve_hook.ts";
import {
  type OpenReplies,
  openReplies,
  type ServedModels,
  unaskedModels,
} from "./served_models.ts";

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

/** Settings by which the models of rounds are served. */
export interface RoundServeSettings extends ServeSettings {
  /** A command of the user's that serves them, in place of the embedded engine. */
  readonly hooks: {
    readonly serve?: readonly string[] | undefined;
    readonly timeoutSeconds?: number | undefined;
  };
  /** Route of the bootstrap model. @default "completions" */
  readonly policyApi?: PolicyApi;
  /** File that replies are recorded in. */
  readonly record?: string | undefined;
  /** File that replies come from. */
  readonly replay?: string | undefined;
}

/** Options of {@linkcode openRoundServer}. */
export interface RoundServerOptions {
  readonly host: ModelHost;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Opens the server of the models of one round after the other: the embedded engine, the command `hooks.serve`, or a recording.
 *
 * @throws {InfrastructureError} If the recording cannot be read.
 */
export async function openRoundServer(
  settings: RoundServeSettings,
  options: RoundServerOptions,
): Promise<RoundServer> {
  return new RoundServer(settings, { ...options, replies: await openReplies(settings) });
}

interface OpenRound {
  readonly served: ServedRound;
  readonly models: ServedModels;
  readonly resources: AsyncDisposable;
}

/** Serves the models of one round at a time. */
export class RoundServer implements AsyncDisposable {
  readonly #settings: RoundServeSettings;
  readonly #options: RoundServerOptions & { readonly replies: OpenReplies | null };
  #open: OpenRound | null = null;

  /** Use {@linkcode openRoundServer}. */
  constructor(
    settings: RoundServeSettings,
    options: RoundServerOptions & { readonly replies: OpenReplies | null },
  ) {
    this.#settings = settings;
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
    const models = replies === null
      ? live
      : await recordedModels(live, { replies, names: namesOf(served) });
    return { served, models, resources: opening.move() };
  }

  async #startLive(served: ServedRound, resources: AsyncDisposableStack): Promise<ServedModels> {
    const { host, onProgress, signal } = this.#options;
    const hook = await this.#serveByHook(served, resources);
    const wanted = hook === null ? inFolders(served) : byHook(served, hook.endpoints);
    const models = await openModels(
      {
        ...wanted,
        policyApi: served.isBootstrap ? this.#settings.policyApi ?? "completions" : "completions",
        calibration: served.ppm?.calibration ?? null,
      },
      this.#settings,
      { host, resources, onProgress, signal, flags: SERVED_BY_HOOK },
    );
    return hook === null ? models : { ...models, died: Promise.race([models.died, hook.ended]) };
  }

  async #serveByHook(
    served: ServedRound,
    resources: AsyncDisposableStack,
  ): Promise<ServedByHook | null> {
    const { hooks } = this.#settings;
    if (hooks.serve === undefined) return null;
    const { round, policy, ppm } = served;
    const { host, onProgress, signal } = this.#options;
    return resources.use(
      await serveByHook(hooks.serve, {
        onProgress,
        signal,
        values: { policy, ppm: ppm?.location ?? "", round: String(round) },
        // It is the user's own command: it needs what the user's shell has.
        env: host.environment,
        timeoutSeconds: hooks.timeoutSeconds,
      }),
    );
  }
}

/** Addresses come from the hook: there is no flag to check. */
const SERVED_BY_HOOK = { policy: "hooks.serve", ppm: "hooks.serve" } as const;

function holds(open: ServedRound, wanted: ServedRound): boolean {
  return open.round === wanted.round && open.policy === wanted.policy &&
    (wanted.ppm === null || open.ppm?.location === wanted.ppm.location);
}

function inFolders({ policy, ppm }: ServedRound): Pick<WantedModels, "policy" | "ppm"> {
  return {
    policy: { kind: "folder", folder: policy },
    ppm: ppm === null ? null : { kind: "folder", folder: ppm.location },
  };
}

function byHook(
  { ppm }: ServedRound,
  endpoints: ServedByHook["endpoints"],
): Pick<WantedModels, "policy" | "ppm"> {
  const { policyModel = null, ppmModel = null } = endpoints;
  return {
    policy: { kind: "urls", urls: endpoints.policy, model: policyModel, serves: null },
    ppm: ppm === null ? null : { kind: "urls", urls: endpoints.ppm, model: ppmModel, serves: null },
  };
}

/** A reply belongs to a round, not to a name: every round serves its models under the same one. */
function namesOf({ round, isBootstrap }: ServedRound) {
  return {
    policy: `${isBootstrap ? "bootstrap" : "policy"} of round ${round}`,
    ppm: `ppm of round ${round}`,
  };
}
