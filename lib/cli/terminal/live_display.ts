import { createLogUpdate } from "log-update";
import process from "node:process";
import type { Picture } from "../../core/mod.ts";
import { notice } from "./output.ts";

/** Milliseconds between two pictures on a terminal, and between two plain lines elsewhere. */
const TERMINAL_INTERVAL_MS = 500;
const PLAIN_INTERVAL_MS = 10_000;

/**
 * Shows how far something is, on standard error: in place on a terminal, as plain lines elsewhere, not at all when quiet.
 * Notices go through it so that they do not tear the picture.
 */
export class LiveDisplay implements Disposable {
  readonly #update = createLogUpdate(process.stderr);
  readonly #isTerminal = Deno.stderr.isTerminal();
  readonly #picture: () => Picture | null;
  #timer: ReturnType<typeof setInterval> | null;

  /** @param picture Called at every redraw; `null` while there is nothing to show. */
  constructor(picture: () => Picture | null, options: { readonly quiet: boolean }) {
    this.#picture = picture;
    const interval = this.#isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
    this.#timer = options.quiet ? null : setInterval(() => this.#draw(), interval);
  }

  /** Writes a line that stays. */
  notice(text: string): void {
    if (this.#isTerminal && this.#timer !== null) this.#update.clear();
    notice(text);
  }

  /** Draws what is shown a last time, so that it stays above what follows. */
  settle(): void {
    if (this.#timer === null) return;
    this.#draw();
    if (this.#isTerminal) this.#update.done();
  }

  #draw(): void {
    const picture = this.#picture();
    if (picture === null) return;
    const { lines, line } = picture;
    if (this.#isTerminal) this.#update(lines.join("\n"));
    else notice(line);
  }

  /** Draws a last time and stops. */
  [Symbol.dispose](): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.settle();
    this.#timer = null;
  }
}
