import { type Picture, secondsSince, shortNumber, timeLeft } from "../../core/mod.ts";
import type { TrainerEvent } from "../../training/mod.ts";

/** Progress of a training, as the display shows it. */
export class TrainingProgress {
  #line = "starting";
  /** Seconds left after the last step, and when that was; `null` before the first. */
  #step: { readonly etaSeconds: number; readonly endedMs: number } | null = null;
  readonly #onNotice: (text: string) => void;

  /** @param onNotice Told what is not to be overwritten by the next line. */
  constructor(onNotice: (text: string) => void) {
    this.#onNotice = onNotice;
  }

  /** Takes what the trainer says. */
  take(event: TrainerEvent): void {
    switch (event.event) {
      case "progress":
        this.#line = event.message;
        this.#step = null;
        break;
      case "notice":
        this.#onNotice(`training: ${event.message}`);
        break;
      case "data":
        this.#line = `${event.rows} rows, ${event.heldOut} held out, ${event.tooLong} too long`;
        if ((event.inParts ?? 0) > 0) {
          this.#onNotice(
            `training: ${event.inParts} traces are learnt in parts, because this tokenizer cuts a text that goes on otherwise than one ` +
              "that ends there; every part is seen as it will be asked for",
          );
        }
        break;
      case "started":
        this.#line = `${event.steps} steps over ${shortNumber(event.tokens)} tokens`;
        break;
      case "step":
        this.#line = `step ${event.step}/${event.steps}, loss ${event.loss.toFixed(4)}, ${
          shortNumber(event.tokensPerSecond)
        } tokens/s`;
        this.#step = { etaSeconds: event.etaSeconds, endedMs: performance.now() };
        break;
      case "failed":
      case "done":
        break;
    }
  }

  #timeLeft(): readonly string[] {
    if (this.#step === null) return [];
    const { etaSeconds, endedMs } = this.#step;
    return [timeLeft(etaSeconds, { idleSeconds: secondsSince(endedMs), what: "step" })];
  }

  /** The newest of it. */
  picture(): Picture {
    const line = [this.#line, ...this.#timeLeft()].join(", ");
    return { lines: [line], line };
  }
}
