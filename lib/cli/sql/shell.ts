/** The interactive mode: lines are gathered until a semicolon; history and completion as in any shell. */
import { createInterface } from "node:readline";
import { InfrastructureError, UsageError } from "../../core/mod.ts";
import { ANALYSES } from "../../store/mod.ts";

const PROMPT = "rstar> ";
const CONTINUED = "   ... ";
const HELP = `A statement ends with a semicolon. The name of an analysis alone runs it.
.list   analyses and views        .help   this
.quit   leave (also Ctrl-D)       Ctrl-C  drop the input, or stop the statement`;
const COMMANDS = [".help", ".list", ".quit"];
const KEYWORDS =
  "select from where group by order limit join using count avg sum min max filter having with desc distinct"
    .split(" ");

/** Options of the shell, given by its command. */
export interface ShellOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  /** Runs a statement or an analysis and prints its rows. */
  readonly run: (text: string, signal: AbortSignal) => Promise<void>;
  readonly list: () => string;
  readonly print: (text: string) => void;
  /** Words that can be completed besides keywords and analyses. */
  readonly names: readonly string[];
  /** Lines of earlier sessions, newest first. */
  readonly history: readonly string[];
}

/**
 * Runs until the input ends or the user leaves.
 *
 * @returns The history, newest first.
 */
export async function runShell(options: ShellOptions): Promise<readonly string[]> {
  const { input, output, isTerminal, print } = options;
  const words = [...COMMANDS, ...ANALYSES.map(({ name }) => name), ...KEYWORDS, ...options.names];
  let history = options.history;
  const lines = createInterface({
    input,
    output,
    terminal: isTerminal,
    history: [...history],
    historySize: 1_000,
    prompt: PROMPT,
    completer: (line: string) => complete(line, words),
  });
  lines.on("history", (kept: string[]) => history = [...kept]);
  // Lines that were typed before the input ended are still to be taken after it has.
  let isOpen = true;
  lines.on("close", () => isOpen = false);
  const session = new Session(options, lines);
  lines.on("line", () => session.enter());
  lines.on("SIGINT", () => session.interrupt());
  if (isTerminal) print(HELP);
  lines.prompt();
  // Pasted lines come faster than statements end; the iterator keeps them in order.
  for await (const line of lines) {
    if (await session.take(line) === "quit") break;
    if (isOpen) lines.prompt();
  }
  lines.close();
  return history;
}

/** Words that begin like the last one of a line. */
export function complete(line: string, words: readonly string[]): [string[], string] {
  const word = /[\w.-]*$/.exec(line)?.[0] ?? "";
  const found = words.filter((name) => name.startsWith(word.toLowerCase()));
  return [word === "" ? [] : [...new Set(found)], word];
}

class Session {
  readonly #options: ShellOptions;
  readonly #lines: ReturnType<typeof createInterface>;
  #gathered = "";
  #running: AbortController | null = null;
  /** Lines that were entered and not taken yet. */
  #waiting = 0;
  /** How many of them are not to be taken: Ctrl-C came before their turn. */
  #dropped = 0;

  constructor(options: ShellOptions, lines: ReturnType<typeof createInterface>) {
    this.#options = options;
    this.#lines = lines;
  }

  enter(): void {
    this.#waiting++;
  }

  interrupt(): void {
    if (this.#running !== null) {
      this.#running.abort(new UsageError("Stopped"));
      return;
    }
    if (this.#waiting > 0) {
      this.#dropped = this.#waiting;
      return;
    }
    this.#gathered = "";
    // The keys that empty a line: to its end, and delete from there to its beginning.
    this.#lines.write(null, { ctrl: true, name: "e" });
    this.#lines.write(null, { ctrl: true, name: "u" });
    this.#options.print("");
    this.#lines.setPrompt(PROMPT);
    this.#lines.prompt();
  }

  async take(line: string): Promise<"quit" | "go on"> {
    const { print, list } = this.#options;
    this.#waiting--;
    if (this.#dropped > 0) {
      this.#dropped--;
      this.#gathered = "";
      this.#lines.setPrompt(PROMPT);
      print("error: Stopped");
      return "go on";
    }
    const word = line.trim();
    if (this.#gathered === "" && word.startsWith(".")) {
      if (word === ".quit") return "quit";
      print(word === ".list" ? list() : HELP);
      return "go on";
    }
    this.#gathered += `${line}\n`;
    const text = this.#gathered.trim();
    const isWhole = text.endsWith(";") || ANALYSES.some(({ name }) => name === text);
    if (text === "") this.#gathered = "";
    else if (isWhole) {
      this.#gathered = "";
      await this.#run(text);
    }
    this.#lines.setPrompt(this.#gathered === "" ? PROMPT : CONTINUED);
    return "go on";
  }

  /** A statement that fails ends itself, not the shell. */
  async #run(text: string): Promise<void> {
    const controller = new AbortController();
    this.#running = controller;
    try {
      await this.#options.run(text, controller.signal);
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof InfrastructureError)) throw error;
      this.#options.print(`error: ${error.message}`);
    } finally {
      this.#running = null;
    }
  }
}
