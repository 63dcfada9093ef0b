import { DEFAULT_CALIBRATION, type PpmCalibration } from "../core/mod.ts";
import type { Ppm } from "./ppm.ts";

/** Options of {@linkcode scriptedPpm}. */
export interface ScriptedPpmOptions {
  /** @default bias 0, scale 1 */
  readonly calibration?: PpmCalibration;
}

/** A PPM whose scores are a function of the text: a double for tests and benchmarks. */
export function scriptedPpm(
  score: (text: string) => number,
  options: ScriptedPpmOptions = {},
): Ppm {
  return {
    description: { api: "scripted", model: "scripted" },
    calibration: options.calibration ?? DEFAULT_CALIBRATION,
    score: (texts) =>
      Promise.resolve({
        logits: texts.map(score),
        promptTokens: texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0),
        seconds: 0,
        price: null,
      }),
  };
}
