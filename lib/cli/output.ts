import { createLogUpdate } from "log-update";
import process from "node:process";

/** Writes a line to standard output: the result of a command. */
export function print(text: string): void {
  console.log(text);
}

/** Writes a line to standard error: everything that is not the result. */
export function notice(text: string): void {
  console.error(text);
}

/** Milliseconds between two pictures on a terminal, and between two plain lines elsewhere. */
const TERMINAL_INTERVAL_MS = 500;
const PLAIN_INTERVAL_MS = 10_000;

/** What a live display shows. */
export interface Picture {
  /** A few lines for a terminal, redrawn in place. */
  readonly lines: readonly string[];
  /** The same in one line, for a log. */
  readonly line: string;
}

/**
 * Shows how far something is, on standard error: in place on a terminal, as plain lines elsewhere, not at all when quiet.
 * Notices go through it so that they do not tear the picture.
 */
export class LiveDisplay implements Disposable {
  readonly #update = createLogUpdate(process.stderr);
  readonly #isTerminal = Deno.stderr.isTerminal();
  readonly #picture: () => Picture;
  readonly #timer: ReturnType<typeof setInterval> | null;

  /** @param picture Called at every redraw. */
  constructor(picture: () => Picture, options: { readonly quiet: boolean }) {
    this.#picture = picture;
    const interval = this.#isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
    this.#timer = options.quiet ? null : setInterval(() => this.#draw(), interval);
  }

  /** Writes a line that stays. */
  notice(text: string): void {
    if (this.#isTerminal && this.#timer !== null) this.#update.clear();
    notice(text);
  }

  #draw(): void {
    const { lines, line } = this.#picture();
    if (this.#isTerminal) this.#update(lines.join("\n"));
    else notice(line);
  }

  /** Draws a last time and stops. */
  [Symbol.dispose](): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#draw();
    if (this.#isTerminal) this.#update.done();
  }
}

/** `1234567` as `1.23M`. */
export function shortNumber(value: number): string {
  for (const [size, suffix] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]] as const) {
    if (value >= size) return `${(value / size).toPrecision(3)}${suffix}`;
  }
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(2);
}

/** Seconds as `3 s`, `2 min 05 s`, `1 h 20 min`. */
export function shortDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => String(n).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}
