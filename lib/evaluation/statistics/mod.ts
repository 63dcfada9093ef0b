/** Pure statistics of evaluations: no I/O, no clock, every draw seeded. */
export * from "./best_of_k.ts";
export * from "./bootstrap.ts";
export * from "./cost_curve.ts";
export * from "./crossed_bootstrap.ts";
export * from "./interval.ts";
export * from "./majority_at_k.ts";
export * from "./minimum_detectable_difference.ts";
export * from "./paired_difference.ts";
export * from "./paired_tests.ts";
export { passAtK, type SampleCount } from "./pass_at_k.ts";
export * from "./quantiles.ts";
export * from "./sign_flip.ts";
export * from "./standard_error.ts";
export * from "./tested_difference.ts";
