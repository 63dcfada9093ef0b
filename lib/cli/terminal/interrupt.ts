import { Interrupted, type StopSignals } from "../../core/mod.ts";

/** Signals of a process that listens for interrupts until it is disposed of. */
export type InterruptSignals = StopSignals & Disposable;

/**
 * Listens for SIGINT and SIGTERM.
 *
 * @param onInterrupt Called with the number of interrupts so far.
 */
export function listenForInterrupts(onInterrupt: (count: number) => void): InterruptSignals {
  const admitting = new AbortController();
  const now = new AbortController();
  let count = 0;
  const listener = () => {
    count++;
    onInterrupt(count);
    (count === 1 ? admitting : now).abort(new Interrupted("Interrupted"));
  };
  Deno.addSignalListener("SIGINT", listener);
  Deno.addSignalListener("SIGTERM", listener);
  return {
    stopAdmitting: admitting.signal,
    stopNow: now.signal,
    [Symbol.dispose]: () => {
      Deno.removeSignalListener("SIGINT", listener);
      Deno.removeSignalListener("SIGTERM", listener);
    },
  };
}

/**
 * Listens on behalf of a command that can be resumed, and says what each interrupt does and how to go on.
 *
 * @param open What the command is doing and finishes after the first interrupt, e.g. "the open trees".
 */
export function finishOnInterrupt(say: (text: string) => void, open: string): InterruptSignals {
  return listenForInterrupts((count) =>
    say(
      count === 1
        ? `Interrupted: finishing ${open} (interrupt again to stop now); the same command goes on with what is left`
        : "Stopping now: what was finished is stored, and the same command goes on with what is left",
    )
  );
}
