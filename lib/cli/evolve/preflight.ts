/** What a stage would miss only after hours of search, asked for before anything begins. */
import type { EvolveConfig } from "../../config/mod.ts";
import { UsageError } from "../../core/mod.ts";
import { requireExecutable } from "../../process/mod.ts";
import { STAGES } from "../../rounds/mod.ts";
import { COMMAND_PLACEHOLDERS, readCheckpoint, trainerCommand } from "../../training/mod.ts";
import { isFile } from "../is_file.ts";
import { serveCommand } from "./hooks.ts";
import type { EvolvePlan } from "./plan.ts";

/**
 * Insists that the commands of the user can be filled in.
 *
 * @throws {UsageError} If one names an unknown placeholder.
 */
export function checkCommands({ hooks, trainer }: EvolveConfig): void {
  if (hooks.serve !== undefined) serveCommand(hooks.serve, { policy: "", ppm: "", round: "" });
  const { command } = trainer;
  if (command !== undefined) trainerCommand(ANY_VALUES, { command });
}

const ANY_VALUES = Object.fromEntries(
  COMMAND_PLACEHOLDERS.map((name) => [name, ""]),
) as Record<typeof COMMAND_PLACEHOLDERS[number], string>;

/**
 * Insists that this machine has what the stages of a run start from.
 *
 * @throws {UsageError} If a program, the configuration of accelerate, or the base to train from is not there.
 */
export async function checkMachine(config: EvolveConfig, { base }: EvolvePlan): Promise<void> {
  const { hooks, trainer, stopAfter } = config;
  await requireProgram("hooks.serve", hooks.serve?.[0]);
  const lastStage = stopAfter ?? "evaluate";
  if (STAGES.indexOf(lastStage) < STAGES.indexOf("policy")) return;
  await requireProgram("trainer.command", trainer.command?.[0]);
  if (trainer.accelerate !== undefined) await requireFile(trainer.accelerate);
  await readCheckpoint(base);
}

async function requireProgram(setting: string, program: string | undefined): Promise<void> {
  // `{python}` is an environment of ours, which is made when it is needed.
  if (program === undefined || program.startsWith("{")) return;
  await requireExecutable(program, { searchPath: Deno.env.get("PATH") ?? "", setting });
}

async function requireFile(path: string): Promise<void> {
  if (await isFile(path)) return;
  throw new UsageError(
    `Cannot train with trainer.accelerate "${path}": expected a configuration file of accelerate (accelerate config writes one), got none`,
  );
}
