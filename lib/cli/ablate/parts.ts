import { DEFAULT_CALIBRATION, type Reporter } from "../../core/mod.ts";
import type { AblationSettings, Laboratory, Model } from "../../ablation/mod.ts";
import type { LoadedSuite } from "../../evaluation/mod.ts";
import type { Decontaminator } from "../../export/mod.ts";
import type { DuckdbStore } from "../../store/mod.ts";
import type { RoundServer, ServedModels } from "../../models/mod.ts";
import type { InterruptSignals } from "../terminal/interrupt.ts";
import type { Observation } from "../observe/observation.ts";
import type { ExecutionResources } from "../execution_resources.ts";
import type { AblateSettings } from "./ablate_settings.ts";
import type { FoundSource } from "./found_source.ts";

/** Parts needed to carry out an ablation. */
export interface LaboratoryParts {
  readonly config: AblateSettings;
  readonly settings: AblationSettings;
  readonly found: FoundSource;
  /** The run that keeps what the ablation makes. */
  readonly run: { readonly runNo: number; readonly name: string };
  readonly suite: LoadedSuite;
  readonly store: DuckdbStore;
  readonly execution: ExecutionResources;
  readonly server: RoundServer;
  readonly reporter: Reporter;
  readonly observation: Observation;
  readonly interrupts: InterruptSignals;
  readonly decontaminator: () => Promise<Decontaminator>;
  readonly control: Laboratory | null;
}

/** Serves models in place of those before them. */
export async function serve(
  { server }: Pick<LaboratoryParts, "server">,
  policy: Model,
  ppm: Model | null,
): Promise<ServedModels> {
  return await server.use({
    round: policy.round,
    policy: policy.folder,
    isBootstrap: false,
    ppm: ppm === null
      ? null
      : { location: ppm.folder, calibration: ppm.calibration ?? DEFAULT_CALIBRATION },
  });
}
