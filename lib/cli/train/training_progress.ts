import type { TrainerEvent } from "../../training/mod.ts";
import { type Picture, shortDuration, shortNumber } from "../output.ts";

/** What the display shows of a training. */
export class TrainingProgress {
  #line = "starting";
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
        break;
      case "notice":
        this.#onNotice(`training: ${event.message}`);
        break;
      case "data":
        this.#line = `${event.rows} rows, ${event.heldOut} held out, ${event.tooLong} too long`;
        break;
      case "started":
        this.#line = `${event.steps} steps over ${shortNumber(event.tokens)} tokens`;
        break;
      case "step":
        this.#line = `step ${event.step}/${event.steps}, loss ${event.loss.toFixed(4)}, ${
          shortNumber(event.tokensPerSecond)
        } tokens/s, ETA ${shortDuration(event.etaSeconds)}`;
        break;
      case "failed":
      case "done":
        break;
    }
  }

  /** The newest of it. */
  picture(): Picture {
    return { lines: [this.#line], line: this.#line };
  }
}
