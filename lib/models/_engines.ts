import type { ServeSettings } from "../config/mod.ts";
import type { InfrastructureError } from "../core/mod.ts";
import { type Engine, type EngineOptions, startEmbeddedEngine } from "../engine/mod.ts";
import type { ModelHost } from "./model_host.ts";
import type { ModelPair } from "./model_source.ts";
import { ENGINE_NAMES, NEVER_DIES } from "./served_models.ts";

/** Engines that are running, by the role of the model that each serves; `null` where endpoints serve it. */
export interface OpenEngines {
  readonly policy: Engine | null;
  readonly ppm: Engine | null;
  /** Settles when one of them dies; never where there is none. */
  readonly died: Promise<InfrastructureError>;
}

/**
 * Starts an engine for each model that is a folder: they compute at the same time, each on a core of its own.
 *
 * @throws {InfrastructureError} If one cannot be started.
 */
export async function openEngines(
  { policy, ppm }: ModelPair,
  { torch }: Pick<ServeSettings, "torch">,
  options: {
    readonly host: ModelHost;
    readonly resources: AsyncDisposableStack;
    readonly onProgress: (message: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<OpenEngines> {
  if (policy.kind !== "folder" && ppm?.kind !== "folder") {
    return { policy: null, ppm: null, died: NEVER_DIES };
  }
  const { host, onProgress, signal, resources } = options;
  const interpreter = await host.interpreter({ torch, onProgress, signal });
  const start = async (models: Pick<EngineOptions, "policy" | "ppm">) =>
    resources.use(
      await startEmbeddedEngine({
        interpreter,
        servedNames: ENGINE_NAMES,
        onProgress,
        signal,
        ...models,
      }),
    );
  // Whatever fails, one that started nevertheless is closed with the run.
  const started = await Promise.allSettled([
    policy.kind === "folder" ? start({ policy: policy.folder }) : null,
    ppm?.kind === "folder" ? start({ ppm: ppm.folder }) : null,
  ]);
  const [first = null, second = null] = started.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
  onProgress(`Embedded engine ready on ${(first ?? second)?.device}`);
  return {
    policy: first,
    ppm: second,
    died: Promise.race([first, second].map((engine) => engine?.ended ?? NEVER_DIES)),
  };
}
