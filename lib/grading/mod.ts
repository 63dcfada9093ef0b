/** Takes answers out of replies and judges them against references; nothing that a model wrote is ever evaluated. */
export * from "./exact_grader.ts";
export * from "./sandbox_options.ts";
export {
  extractAnswer,
  type Extraction,
  type ExtractionOptions,
  type ExtractionRule,
} from "./extract.ts";
export * from "./grade_cases.ts";
export * from "./grader.ts";
export * from "./math_grader.ts";
export * from "./string_grader.ts";
export { answerNormalForm } from "./normal_form.ts";
