import type { ControlEvent } from "../control/mod.ts";

/** Levels of a log, least important first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** Level of a line of a log. */
export type LogLevel = typeof LOG_LEVELS[number];

/** A log of one JSON object a line: `{at, level, type, …}`. Holds no text of a model. */
export interface RunLog extends AsyncDisposable {
  /** Appends an event. Lines are written in order, in the background. */
  write(event: ControlEvent): void;
}

/**
 * Opens a log for appending; sessions of a run follow one another in it.
 *
 * @param options.level Least level that is written.
 */
export async function openRunLog(
  path: string,
  options: { readonly level: LogLevel },
): Promise<RunLog> {
  const file = await Deno.open(path, { create: true, append: true });
  const encoder = new TextEncoder();
  let waiting: string[] = [];
  let writing: Promise<void> | null = null;
  let failure: unknown = null;
  const flush = async () => {
    while (waiting.length > 0 && failure === null) {
      const bytes = encoder.encode(waiting.join(""));
      waiting = [];
      for (let done = 0; done < bytes.byteLength;) done += await file.write(bytes.subarray(done));
    }
  };
  const start = () => {
    writing ??= flush().catch((error: unknown) => {
      // A full disk fails the store with a message of its own; the log must not be what ends a run.
      failure = error;
    }).finally(() => writing = null);
  };
  return {
    write: (event) => {
      const level = levelOf(event);
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(options.level) || failure !== null) return;
      const { at, ...rest } = event;
      waiting.push(`${JSON.stringify({ at, level, ...rest })}\n`);
      start();
    },
    [Symbol.asyncDispose]: async () => {
      while (writing !== null) await writing;
      file.close();
    },
  };
}

/** Trees are many, so they are details; what was left unfinished is a warning. */
function levelOf(event: ControlEvent): LogLevel {
  if (event.type === "notice") {
    return LOG_LEVELS.find((level) => level === event["level"]) ?? "info";
  }
  if (event.type === "tree") return "debug";
  return event.type === "parked" ? "warn" : "info";
}
