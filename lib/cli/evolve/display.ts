import type { Stage, StageEvent } from "../../rounds/mod.ts";
import { LiveDisplay, notice, type Picture, shortDuration } from "../output.ts";

/** What people call the stages. */
const NAMES: Readonly<Record<Stage, string>> = {
  search: "search",
  sft: "policy data",
  policy: "policy training",
  pairs: "preference pairs",
  ppm: "PPM training",
  evaluate: "evaluation",
};

/** Shows how far a run of rounds is: one display for all stages, on standard error. */
export class EvolveDisplay implements Disposable {
  readonly #live: LiveDisplay;
  readonly #quiet: boolean;
  readonly #rounds: number;
  readonly #startedMs = performance.now();
  readonly #listeners = new Set<(text: string) => void>();
  #heading = "starting";
  #picture: (() => Picture) | null = null;

  constructor(options: { readonly rounds: number; readonly quiet: boolean }) {
    this.#rounds = options.rounds;
    this.#quiet = options.quiet;
    this.#live = new LiveDisplay(() => this.#draw(), options);
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

  /** A stage began, ended or was found done. */
  stage({ type, round, stage }: StageEvent): void {
    const name = `${round === 0 ? "Base" : `Round ${round} of ${this.#rounds}`}: ${NAMES[stage]}`;
    this.#picture = null;
    if (type === "begun") this.#heading = name;
    if (type === "ended") this.say(`${name} done at ${shortDuration(this.#seconds())}`);
  }

  /** What the stage that runs has to show from now on. */
  show(picture: () => Picture): void {
    this.#picture = picture;
  }

  [Symbol.dispose](): void {
    this.#picture = null;
    this.#heading = "finished";
    this.#live[Symbol.dispose]();
  }

  #tell(text: string): void {
    for (const listener of this.#listeners) listener(text);
  }

  #seconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  #draw(): Picture {
    const heading = `${this.#heading}, ${shortDuration(this.#seconds())}`;
    const inner = this.#picture?.();
    if (inner === undefined) return { lines: [heading], line: heading };
    return { lines: [heading, ...inner.lines], line: `${heading}: ${inner.line}` };
  }
}
