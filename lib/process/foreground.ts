import { startError } from "./_start_error.ts";

/** Options of {@linkcode runForeground}. */
export interface ForegroundOptions {
  /** The whole environment of the program: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether a terminal sends its interrupts to the program as well: then they are not sent a second time. */
  readonly sharesTerminal: boolean;
}

/** Signals that are handed on. */
const FORWARDED: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/** Signals that a terminal sends to every process in its foreground. */
const FROM_TERMINAL: readonly Deno.Signal[] = ["SIGINT", "SIGQUIT"];

/** Numbers of signals, for the exit code of a program that a signal ended. */
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

/**
 * Runs a program in our place: it has our input, output and terminal, and gets our signals.
 *
 * @returns Its exit code; 128 and the signal's number when a signal ended it.
 * @throws {InfrastructureError} If it cannot be started.
 */
export async function runForeground(
  path: string,
  args: readonly string[],
  { env, sharesTerminal }: ForegroundOptions,
): Promise<number> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(path, {
      args: [...args],
      clearEnv: true,
      env: { ...env },
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
  } catch (error) {
    throw startError(path, error);
  }
  const listeners = FORWARDED.map((signal) => {
    const isShared = sharesTerminal && FROM_TERMINAL.includes(signal);
    return [signal, () => isShared || child.kill(signal)] as const;
  });
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  try {
    const { code, signal } = await child.status;
    return signal === null ? code : 128 + (SIGNAL_NUMBERS[signal] ?? 0);
  } finally {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  }
}
