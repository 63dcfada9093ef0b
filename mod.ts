/**
 * Searches from a program of your own: `examples/one_problem.ts` grows one tree and prints it. Commands are built from the same parts.
 *
 * @module
 */
export {
  type OpenedModels,
  openGradingSandbox,
  openModels,
  type OpenModelsOptions,
  openSandbox,
  type OpenSandboxOptions,
} from "./lib/cli/library.ts";
export { Problem, type TreeRecord } from "./lib/core/mod.ts";
export { readProblems } from "./lib/datasets/mod.ts";
export { mathDomain, type MathDomainOptions } from "./lib/domain/mod.ts";
export { openGrader } from "./lib/grading/mod.ts";
export { PRESETS, SearchSpec, searchTree, solveTree } from "./lib/search/mod.ts";
export { openStore } from "./lib/store/mod.ts";
