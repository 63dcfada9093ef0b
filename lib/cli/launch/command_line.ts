/** A command line as the launcher sees it: it knows no command's options, only what the user wrote. */
export interface CommandLine {
  /** The command; empty when there is none. */
  readonly command: string;
  /** Values of flags by name without dashes, `sft.epochs` among them; the last one of several. A bare switch, and one before another flag, has none. */
  readonly flags: Readonly<Record<string, string>>;
  /** Everything after the command that is no flag, values of flags included: which flags take one is not known here. */
  readonly words: readonly string[];
}

/** Splits a command line. */
export function readCommandLine([command = "", ...args]: readonly string[]): CommandLine {
  const flags: Record<string, string> = {};
  const words: string[] = [];
  for (const [i, arg] of args.entries()) {
    const match = /^--([a-z][a-z-]*(?:\.[A-Za-z][\w-]*)*)(?:=(.*))?$/s.exec(arg);
    if (match === null) {
      words.push(arg);
      continue;
    }
    const [, name = "", value] = match;
    const next = args[i + 1];
    if (value !== undefined) flags[name] = value;
    else if (next !== undefined && !next.startsWith("--")) flags[name] = next;
  }
  return { command, flags, words };
}
