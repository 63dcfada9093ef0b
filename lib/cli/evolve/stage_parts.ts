import type { Reporter } from "../../core/mod.ts";
import type { EvolveConfig } from "../../config/mod.ts";
import type { Decontaminator } from "../../export/mod.ts";
import type { DuckdbStore } from "../../store/mod.ts";
import type { ExecutionResources } from "../execution_resources.ts";
import type { InterruptSignals } from "../terminal/interrupt.ts";
import type { Observation } from "../observe/observation.ts";
import type { EvolvePlan } from "./evolve_plan.ts";
import type { RoundServer } from "../../models/mod.ts";
import type { RunFolders } from "./run_folders.ts";

/** Parts that the stages of a run work with. */
export interface StageParts {
  readonly config: EvolveConfig;
  readonly plan: EvolvePlan;
  readonly store: DuckdbStore;
  readonly runNo: number;
  readonly folders: RunFolders;
  readonly execution: ExecutionResources;
  readonly server: RoundServer;
  readonly reporter: Reporter;
  readonly observation: Observation;
  /** Reads every suite that ships, once. */
  readonly decontaminator: () => Promise<Decontaminator>;
  readonly interrupts: InterruptSignals;
}
