/** Specifications as today's version makes them, for every kind: what `fixtures/specs` keeps of each version. */
import { ABLATION_SPEC } from "../../lib/cli/ablate/run_ablate.ts";
import { TREES_SPEC } from "../../lib/cli/ablate/grow_trees.ts";
import { loadSuites } from "../../lib/cli/eval/load_suites.ts";
import { evaluationPlan, makeTask } from "../../lib/cli/eval/plan.ts";
import { exportSpec } from "../../lib/cli/evolve/export_stage.ts";
import { evolveSpec, planEvolve } from "../../lib/cli/evolve/plan.ts";
import { trainingSpec } from "../../lib/cli/evolve/training_stage.ts";
import { planSynth, runSpec, SYNTH_SPEC } from "../../lib/cli/synth/plan.ts";
import { EvalConfig, EvolveConfig, SynthConfig } from "../../lib/config/mod.ts";
import {
  DEFAULT_CALIBRATION,
  type EvaluationModeName,
  type Json,
  type SpecKind,
  storedSpec,
} from "../../lib/core/mod.ts";
import { EVALUATION_SPEC, evaluationRequest, type LoadedSuite } from "../../lib/evaluation/mod.ts";
import { ROUNDS_SPEC } from "../../lib/rounds/mod.ts";
import { PRESETS } from "../../lib/search/mod.ts";

type Settings = Readonly<Record<string, unknown>>;

const POLICY = { checkpoint: "policy".padEnd(64, "0") };
const PPM = { checkpoint: "ppm".padEnd(64, "0") };
const SOURCE = "source".padEnd(64, "0");

/** One specification: its kind, and how today's version makes it with settings of the user. */
export interface SpecExample {
  readonly kind: SpecKind<unknown>;
  readonly make: (settings?: Settings) => Promise<Json>;
}

/** Every example by the name of its file. */
export const EXAMPLES: Readonly<Record<string, SpecExample>> = {
  evolve_quick: evolve({ quick: true }),
  evolve_same: evolve({ selection: "same" }),
  evolve_paper: evolve({ preset: "paper", problemsPerRound: 50 }),
  synth: synth({}),
  synth_released: synth({ preset: "released/bootstrap" }),
  eval_greedy: evaluation("greedy", {}),
  eval_talk: evaluation("sample", { noCode: true, prompt: "bootstrap" }),
  eval_mcts: evaluation("mcts", {}),
  eval_released: evaluation("mcts", { preset: "released/eval" }),
  eval_beam: evaluation("beam", {}),
  ablate: {
    kind: ABLATION_SPEC,
    make: () =>
      Promise.resolve(
        storedSpec(ABLATION_SPEC, { ablation: "reward", source: SOURCE, run: "evolve", round: 3 }),
      ),
  },
  ablate_trees: {
    kind: TREES_SPEC,
    make: (changed = {}) => {
      const search = { ...PRESETS["starter/r3"].spec, ...changed };
      return Promise.resolve(
        storedSpec(TREES_SPEC, { source: SOURCE, round: 3, search, policy: 1, ppm: 2 }),
      );
    },
  },
};

function evolve(settings: Settings): SpecExample {
  return {
    kind: ROUNDS_SPEC,
    make: async (changed = {}) => {
      const config = EvolveConfig.parse({ ...settings, ...changed });
      return evolveSpec(config, await planEvolve(config), {
        base: POLICY,
        training: trainingSpec(config),
        exports: exportSpec(config),
      });
    },
  };
}

function synth(settings: Settings): SpecExample {
  return {
    kind: SYNTH_SPEC,
    make: async (changed = {}) => {
      const config = SynthConfig.parse({ ...settings, ...changed });
      return runSpec(config, await planSynth(config), { policy: POLICY, ppm: null });
    },
  };
}

function evaluation(name: EvaluationModeName, settings: Settings): SpecExample {
  return {
    kind: EVALUATION_SPEC,
    make: async (changed = {}) => {
      const config = EvalConfig.parse({ ...settings, ...changed });
      const loaded = await measuredSuite();
      const plan = evaluationPlan(makeTask(config, { loaded, name }), {
        config,
        models: {
          label: "m",
          runNo: null,
          roundNo: null,
          policyArtifact: null,
          ppmArtifact: null,
          policy: { kind: "folder", folder: "policy" },
          ppm: { kind: "folder", folder: "ppm" },
          calibration: DEFAULT_CALIBRATION,
        },
        identity: { policy: POLICY, ppm: PPM },
        provenance: null,
      });
      return evaluationRequest(loaded, plan).spec;
    },
  };
}

async function measuredSuite(): Promise<LoadedSuite> {
  const { suites: [loaded] } = await loadSuites(["starter_validation"], {
    selectionOf: () => ({ limit: 5 }),
  });
  if (loaded === undefined) throw new TypeError("expected the suite starter_validation, got none");
  return loaded;
}
