/** Everything that search needs from a subject: prompts and stop strings, reading a segment, checking a step, judging an answer. */
export * from "./bootstrap_prompt.ts";
export * from "./cut_program.ts";
export * from "./domain.ts";
export * from "./fit_watch.ts";
export * from "./math_domain.ts";
export * from "./misfit.ts";
export * from "./normalize_code.ts";
export * from "./parse_segment.ts";
export * from "./printed_value.ts";
export * from "./salvage.ts";
export * from "./solution.ts";
export * from "./step_text.ts";
