/** Checks, before anything begins, for what a stage would otherwise miss only after hours of search. */
import type { EvolveConfig } from "../../config/mod.ts";
import { UsageError } from "../../core/mod.ts";
import { requireExecutable } from "../../process/mod.ts";
import { STAGES } from "../../rounds/mod.ts";
import {
  checkBase,
  COMMAND_PLACEHOLDERS,
  readCheckpoint,
  trainerCommand,
} from "../../training/mod.ts";
import { isFile } from "../is_file.ts";
import { DEFAULT_POLICY, serveCommand } from "../../models/mod.ts";
import type { EvolvePlan } from "./evolve_plan.ts";

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

/** Options of {@linkcode checkMachine}. */
export interface MachineOptions {
  /** Gives the Python of the `models` environment; asked only where our own trainer is going to train. */
  readonly interpreter: () => Promise<string>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Insists that this machine has what the stages of a run start from.
 *
 * @throws {UsageError} If a program, the configuration of accelerate, or the base to train from is not there, or our trainer cannot
 * train with the tokenizer of the base.
 * @throws {InfrastructureError} If Python dies, or its environment cannot be made.
 */
export async function checkMachine(
  config: EvolveConfig,
  { base }: EvolvePlan,
  { interpreter, signal }: MachineOptions,
): Promise<void> {
  const { hooks, trainer, stopAfter } = config;
  await requireProgram("hooks.serve", hooks.serve?.[0]);
  const lastStage = stopAfter ?? "evaluate";
  if (STAGES.indexOf(lastStage) < STAGES.indexOf("policy")) return;
  await requireProgram("trainer.command", trainer.command?.[0]);
  if (trainer.accelerate !== undefined) await requireFile(trainer.accelerate);
  await readCheckpoint(base);
  // What ships is known to be right; asking takes as long as Python takes to load.
  if (base === DEFAULT_POLICY || !isOwnTrainer(trainer.command)) return;
  await checkBase(base, { interpreter: await interpreter(), signal });
}

/** Whether our trainer trains, be it within a command of the user. */
function isOwnTrainer(command: readonly string[] | undefined): boolean {
  return command === undefined || command.some((part) => part.includes("{trainer}"));
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
