import type { EvolveConfig } from "../../config/mod.ts";
import type { RoundSchedule, SearchPass } from "../../rounds/mod.ts";
import { exportRules, exportSpec, rulePreset } from "./export_stage.ts";
import type { EvolvePlan } from "./evolve_plan.ts";
import { type RoundTraining, trainingSettings, trainingSpec } from "./training_stage.ts";

/** The plan of a run for people: what each round searches, trains and measures. */
export function planLines(config: EvolveConfig, plan: EvolvePlan): readonly string[] {
  const { sizes, schedules } = plan;
  const serve = config.hooks.serve;
  return [
    `Problems: ${plan.problems.size} of "${config.problems}", ${
      sizes.selection === "fresh"
        ? "fresh ones in every round"
        : "the same ones in every round, as far as they are of its levels"
    }`,
    ...plan.set.lines,
    `Base: ${plan.base}`,
    `Models: ${serve === undefined ? "embedded engine" : `served by ${serve.join(" ")}`}`,
    ...schedules.map((schedule) => roundLine(schedule, config.bootstrap ?? "the base")),
    `Policies: from the base, ${settingsText("sft", config)}`,
    `PPMs: from their round's policy, ${settingsText("ppm", config)}`,
    `Training data: rules of preset ${rulePreset(config)}, ${rulesText(config)}`,
    `Measured after every round on ${plan.suites.join(", ")}: policy alone ${
      counted(sizes.evalProblems)
    }, search ${counted(sizes.evalSearch)}`,
    `Store: ${config.db}, run "${config.run}"`,
  ];
}

/** The same for programs. */
export function planJson(config: EvolveConfig, plan: EvolvePlan): string {
  return JSON.stringify({
    run: config.run,
    db: config.db,
    base: plan.base,
    problems: plan.problems.size,
    problem_set: plan.set.lines,
    training: trainingSpec(config),
    export: exportSpec(config),
    suites: plan.suites,
    eval_problems: plan.sizes.evalProblems,
    eval_search: plan.sizes.evalSearch,
    rounds: plan.schedules.map((schedule) => ({
      round: schedule.round,
      preset: schedule.preset,
      uses_ppm: schedule.usesPpm,
      problems: schedule.problemIds.length,
      min_level: schedule.minLevel,
      leaves_easy: schedule.leavesEasy,
      passes: schedule.passes.map(({ problems, spec, seeds }) => ({
        problems,
        trees_per_problem: seeds.length,
        rollouts: spec.rollouts,
        candidates: spec.candidates,
      })),
    })),
  });
}

function settingsText(kind: RoundTraining, config: EvolveConfig): string {
  const { epochs, learningRate, batchSize, maxLength } = trainingSettings(kind, config);
  return `${epochs} epochs, learning rate ${learningRate}, batches of ${batchSize}, at most ${maxLength} tokens`;
}

function rulesText(config: EvolveConfig): string {
  const { sft, pairs } = exportRules(config);
  return `at most ${sft.perProblem} of a problem's traces, ${pairs.perSide} x ${pairs.perSide} steps a prefix with ` +
    `at least ${pairs.minRollouts} rollouts each`;
}

function roundLine(schedule: RoundSchedule, first: string): string {
  const { round, preset, usesPpm, minLevel, problemIds, leavesEasy, passes } = schedule;
  const policy = round === 1 ? first : `policy ${round - 1}`;
  const models = usesPpm ? `${policy} and PPM ${round - 1}` : `${policy}, no PPM`;
  const levels = minLevel === null ? "" : ` of level ${minLevel} and up`;
  const easy = leavesEasy ? " but those that are easy by then" : "";
  return `Round ${round}: ${problemIds.length} problems${levels}${easy}, preset ${preset}, ${models}; ${
    passes.map(passText).join("; ")
  }`;
}

function passText({ problems, spec, seeds }: SearchPass): string {
  const trees = seeds.length === 1 ? "a tree" : `${seeds.length} trees`;
  const whom = problems === "all" ? "each" : "each that is unsolved";
  return `${trees} for ${whom} of ${spec.rollouts} rollouts x ${spec.candidates} candidates`;
}

function counted(count: number | null): string {
  if (count === null) return "all problems";
  return count === 0 ? "not measured" : `${count} problems`;
}
