import { z } from "zod";
import { type PolicyApi, serveSettings } from "../config/mod.ts";
import { type PpmCalibration, UsageError } from "../core/mod.ts";
import type { Policy, Ppm } from "../endpoint/mod.ts";
import * as models from "../models/mod.ts";
import type { Sandbox } from "../sandbox/mod.ts";
import * as host from "./host.ts";

const ServeSettings = z.object(serveSettings);

/** Options of {@linkcode openModels}. */
export interface OpenModelsOptions {
  /** Base URLs with `/v1`, comma separated, or a checkpoint folder, which the embedded engine serves. */
  readonly policy: string;
  /** The same of a PPM. @default none is asked */
  readonly ppm?: string;
  /** Names that endpoints must serve them under. @default an endpoint's only model */
  readonly policyModel?: string;
  readonly ppmModel?: string;
  /** @default "completions" */
  readonly api?: PolicyApi;
  /** Scale of the PPM's logits. @default the checkpoint's, or b = 0 and τ = 1 */
  readonly calibration?: PpmCalibration;
  /** Settings of serving over their defaults: concurrency, requestTimeout (seconds), prices, torch. */
  readonly settings?: z.input<typeof ServeSettings>;
  /** Told what happens while they are opened. @default nobody */
  readonly onProgress?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** Models that are open until they are disposed of. */
export interface OpenedModels extends AsyncDisposable {
  readonly policy: Policy;
  /** `null` where none was asked for. */
  readonly ppm: Ppm | null;
}

/**
 * Opens a policy, and a PPM if one is named. Keys come from `RSTAR_POLICY_API_KEY` and `RSTAR_PPM_API_KEY`, proxies from the environment.
 *
 * @throws {ProviderError} If an endpoint is not there or does not serve the model.
 * @throws {UsageError} If a checkpoint folder holds none.
 * @throws {InfrastructureError} If the embedded engine cannot be started.
 */
export async function openModels(options: OpenModelsOptions): Promise<OpenedModels> {
  const { onProgress = () => {}, signal = new AbortController().signal } = options;
  await using resources = new AsyncDisposableStack();
  const { policy, ppm } = await models.openModels(
    {
      policy: sourceOf(options.policy, options.policyModel),
      ppm: options.ppm === undefined ? null : sourceOf(options.ppm, options.ppmModel),
      policyApi: options.api ?? "completions",
      calibration: options.calibration ?? null,
    },
    ServeSettings.parse(options.settings ?? {}),
    { host: host.modelHost(), resources, onProgress, signal },
  );
  const kept = resources.move();
  return { policy, ppm, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Reads a place as it is written: a folder, or URLs with commas between them. */
function sourceOf(place: string, model?: string): models.ModelSource {
  const source = models.modelSource(place.split(",").map((part) => part.trim()), model);
  if (source === null || place.trim() === "") {
    throw new UsageError(
      `Cannot open model "${place}": expected a checkpoint folder, or the URL of an endpoint with /v1`,
    );
  }
  return source;
}

/** Options of {@linkcode openSandbox} and {@linkcode openGradingSandbox}. */
export type OpenSandboxOptions = Partial<Omit<host.OpenSandboxOptions, "unsafeNoSandbox">>;

/**
 * Opens confined workers in which steps run, in the strongest way that works on this machine.
 *
 * @throws {SandboxUnavailableError} If nothing confines here, with cause and cure.
 */
export function openSandbox(options: OpenSandboxOptions = {}): Promise<Sandbox> {
  return host.openSandbox({ onProgress: () => {}, ...options });
}

/**
 * Opens the confined worker in which answers are compared.
 *
 * @throws {SandboxUnavailableError} If nothing confines here, with cause and cure.
 */
export function openGradingSandbox(
  options: Pick<OpenSandboxOptions, "tier" | "onProgress" | "signal"> = {},
): Promise<Sandbox> {
  return host.openGradingSandbox({ onProgress: () => {}, ...options });
}
