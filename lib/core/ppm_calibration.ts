/** Scale of the PPM: q0 = tanh((logit − bias) / scale) (docs/search.md, "Node statistics"). */
export interface PpmCalibration {
  readonly bias: number;
  readonly scale: number;
}

/** Scale of a PPM that was fitted to no other: plain tanh of the logit. */
export const DEFAULT_CALIBRATION: PpmCalibration = { bias: 0, scale: 1 };
