import { type Picture, shortDuration } from "../core/mod.ts";
import { LiveDisplay } from "./live_display.ts";
import { notice } from "./output.ts";

/** Shows how far work of many parts is: one display for all of them, on standard error. */
export class WorkDisplay implements Disposable {
  readonly #live: LiveDisplay;
  readonly #quiet: boolean;
  readonly #startedMs = performance.now();
  readonly #listeners = new Set<(text: string) => void>();
  #heading = "starting";
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

  /** A line that stays. */
  say(text: string): void {
    this.#tell(text);
    if (!this.#quiet) this.#live.notice(text);
  }

  /** A line that stays even when no progress is wanted. */
  warn(text: string): void {
    this.#tell(text);
    if (this.#quiet) notice(text);
    else this.#live.notice(text);
  }

  /** Hands every line that stays to somebody else as well, until it is disposed of. */
  listen(listener: (text: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** The part that begins; what the one before it showed is gone. */
  begin(heading: string): void {
    this.#picture = null;
    this.#heading = heading;
  }

  /** Sets the picture that the current part shows from now on. */
  show(picture: () => Picture): void {
    this.#picture = picture;
  }

  /** The work is done: only then is it called finished, not above an error. */
  finish(): void {
    this.#isFinished = true;
  }

  [Symbol.dispose](): void {
    this.begin(this.#isFinished ? "finished" : `stopped at: ${this.#heading}`);
    this.#live[Symbol.dispose]();
  }

  #tell(text: string): void {
    for (const listener of this.#listeners) listener(text);
  }

  #draw(): Picture {
    const heading = `${this.#heading}, ${shortDuration(this.seconds)}`;
    const inner = this.#picture?.();
    if (inner === undefined) return { lines: [heading], line: heading };
    return { lines: [heading, ...inner.lines], line: `${heading}: ${inner.line}` };
  }
}
