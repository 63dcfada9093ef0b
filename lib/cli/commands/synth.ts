import { Command } from "commander";
import { shortNumber } from "../../core/mod.ts";
import { placeOf } from "../../models/mod.ts";
import { SynthConfig } from "../../config/mod.ts";
import { notice, print } from "../terminal/output.ts";
import {
  addSettings,
  commandConfig,
  configLines,
  withShardDatabase,
  workedExamples,
} from "../settings.ts";
import { planEstimate, planSynth, type SynthPlan } from "../synth/plan.ts";
import { runSynth } from "../synth/run_synth.ts";
import { requireRead } from "../unread.ts";
import { summaryJson, summaryLines } from "../synth/summary.ts";

/** `synth`: searches a problem set and stores the trees. */
export function synthCommand(): Command {
  const command = new Command("synth")
    .description("Search a problem set by Monte-Carlo tree search and store every step");
  command.addHelpText(
    "after",
    workedExamples([
      ["search ten problems of a world that ships, with the model that ships", "synth --limit 10"],
      [
        "a general code model on a server of yours",
        "synth --problems gsm8k_train --preset general --policy http://localhost:8000/v1 --policy-api chat --limit 100",
      ],
    ]),
  );
  return addSettings(command, SynthConfig).action(
    async (options: Readonly<Record<string, string | boolean>>) => {
      const resolved = withShardDatabase(await commandConfig(SynthConfig, options));
      if (resolved.printConfig) return print(configLines(resolved));
      const { config } = resolved;
      const plan = await planSynth(config);
      if (!config.dryRun) plan.set.notices.forEach(notice);
      if (config.dryRun) return printPlan(config, plan);
      const outcome = await runSynth(config, plan);
      if (config.json) print(summaryJson(outcome));
      else summaryLines(outcome).forEach(print);
      requireRead(outcome.summary);
    },
  );
}

function printPlan(config: SynthConfig, plan: SynthPlan): void {
  const estimate = planEstimate(plan);
  if (config.json) {
    return print(
      JSON.stringify({ ...estimate, problems: plan.problems.length, problem_set: plan.set.lines }),
    );
  }
  const { policy } = plan.models;
  const where = `${policy.kind === "folder" ? "embedded engine, " : ""}${placeOf(policy)}`;
  const price = config.prices.policy;
  const part = config.shard === undefined ? "" : ` (part ${config.shard})`;
  print(
    `Problems: ${plan.problems.length} of "${config.problems}"${part}, seeds ${
      plan.seeds.join(", ")
    }`,
  );
  plan.set.lines.forEach(print);
  print(
    `Preset: ${config.preset}, ${plan.spec.rollouts} rollouts x ${plan.spec.candidates} candidates`,
  );
  print(`Policy: ${where}`);
  print(`Trees: ${estimate.trees}, at most ${estimate.rollouts} rollouts`);
  print(
    `Candidates: about ${
      shortNumber(estimate.candidates)
    } (4.5 expansions per rollout, as on the starter world)`,
  );
  if (price !== undefined) {
    const tokens = estimate.candidates * 60;
    print(`Price: about ${(tokens * price.output / 1e6).toFixed(2)} at 60 tokens per candidate`);
  }
  print(`Store: ${config.db}, run "${config.run}"`);
}
