import {
  type EventSink,
  type Picture,
  type Reporter,
  type RunEvent,
  shortDuration,
} from "../../core/mod.ts";
import { LiveDisplay } from "./live_display.ts";
import { notice } from "./output.ts";

/**
 * Reporter on standard error: one display for all parts of the work, redrawn in place on a terminal, as plain lines elsewhere. Events,
 * and lines that are told, reach those who listen as well.
 */
export class TerminalReporter implements Reporter, Disposable {
  readonly #live: LiveDisplay;
  readonly #quiet: boolean;
  readonly #startedMs = performance.now();
  readonly #listeners = new Set<EventSink>();
  #part: string | null = null;
  #isFinished = false;
  #picture: (() => Picture) | null = null;

  constructor(options: { readonly quiet: boolean }) {
    this.#quiet = options.quiet;
    this.#live = new LiveDisplay(() => this.#draw(), options);
  }

  /** Seconds since it was opened. */
  get seconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  /** @inheritdoc */
  say(text: string): void {
    this.event({ type: "notice", level: "info", message: text });
    if (!this.#quiet) this.#live.notice(text);
  }

  /** @inheritdoc */
  warn(text: string): void {
    this.event({ type: "notice", level: "warn", message: text });
    if (this.#quiet) notice(text);
    else this.#live.notice(text);
  }

  /** @inheritdoc */
  begin(part: string): void {
    this.#picture = null;
    this.#part = part;
  }

  /** Shows a picture in place of the one before it; outside of parts, that one is drawn a last time and stays. */
  progress(picture: () => Picture): void {
    if (this.#part === null && this.#picture !== null) this.#live.settle();
    this.#picture = picture;
  }

  /** @inheritdoc */
  event(event: RunEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Hands every event to somebody else, until it is disposed of. */
  listen(listener: EventSink): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Says that the work is done: only then is it called finished, not above an error. */
  finish(): void {
    this.#isFinished = true;
  }

  /** Draws a last time and stops; what is said afterwards stays below. */
  [Symbol.dispose](): void {
    if (this.#part !== null) {
      this.begin(this.#isFinished ? "finished" : `stopped at: ${this.#part}`);
    }
    this.#live[Symbol.dispose]();
  }

  #draw(): Picture | null {
    const inner = this.#picture?.() ?? null;
    if (this.#part === null) return inner;
    const heading = `${this.#part}, ${shortDuration(this.seconds)}`;
    if (inner === null) return { lines: [heading], line: heading };
    return { lines: [heading, ...inner.lines], line: `${heading}: ${inner.line}` };
  }
}
