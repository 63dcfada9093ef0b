import { resolve } from "node:path";
import { InfrastructureError, parseJson, SPECIAL_TOKENS, UsageError } from "../core/mod.ts";
import { MODEL_ENVIRONMENT, runProcess } from "../process/mod.ts";
import { TRAINER } from "./trainer_command.ts";
import { TrainerEvent } from "./trainer_event.ts";

/**
 * Insists that our trainer can work with the tokenizer of a base, by the rule of the trainer itself; it takes a second or two.
 *
 * @param options.interpreter Python of the `models` environment.
 * @throws {UsageError} If the base has no tokenizer, or one without an end of sequence or with other uses for the format's tokens.
 * @throws {InfrastructureError} If Python dies.
 * @throws The signal's reason, when it aborts.
 */
export async function checkBase(
  base: string,
  options: { readonly interpreter: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const { interpreter, signal } = options;
  const args = ["--check-base", resolve(base), JSON.stringify(SPECIAL_TOKENS)];
  const { code, stdout, stderr } = await runProcess(interpreter, ["-I", "-B", TRAINER, ...args], {
    env: { ...MODEL_ENVIRONMENT },
    signal,
  });
  if (code === 0) return;
  const event = TrainerEvent.safeParse(parseJson(stdout)).data;
  if (event?.event === "failed") throw new UsageError(event.message);
  throw new InfrastructureError(
    "process",
    `Cannot look at the tokenizer of "${base}": Python died (exit code ${code}): ${
      stderr.slice(-2000) || "it said nothing"
    }`,
  );
}
