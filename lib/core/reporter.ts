import type { RunEvent } from "./run_event.ts";

/** State of some work at one moment, for people. */
export interface Picture {
  /** A few lines for a terminal, redrawn in place. */
  readonly lines: readonly string[];
  /** The same in one line, for a log. */
  readonly line: string;
}

/**
 * Port through which stages of work tell how they go. They know neither the terminal nor the log behind it; `lib/cli/terminal`
 * implements it, {@linkcode silentReporter} stands in where nobody listens.
 */
export interface Reporter {
  /** Tells a line that is left out where no progress is wanted. */
  say(text: string): void;
  /** Tells a line that nobody may miss. */
  warn(text: string): void;
  /** Begins a part of the work under this name; the picture of the part before it is gone. */
  begin(part: string): void;
  /** Shows how far the current part is: the function is called at every redraw, until another part or picture follows. */
  progress(picture: () => Picture): void;
  /** Tells what happened to those who log or watch the run. Lines of `say` and `warn` reach them as well. */
  event(event: RunEvent): void;
}

/** Makes a reporter that passes nothing on. */
export function silentReporter(): Reporter {
  const nothing = () => {};
  return { say: nothing, warn: nothing, begin: nothing, progress: nothing, event: nothing };
}
