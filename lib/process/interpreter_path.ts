import { join } from "node:path";

/** `confined`: what model-written code and the grader may import. `models`: torch and friends. `dev`: linters. */
export const PYTHON_ENVIRONMENTS = ["confined", "models", "dev"] as const;

/** Name of a private environment. */
export type PythonEnvironmentName = typeof PYTHON_ENVIRONMENTS[number];

/** Folder of a private environment. */
export function environmentFolder(projectRoot: string, name: PythonEnvironmentName): string {
  return join(projectRoot, ".rstar", "python", name);
}

/**
 * The one name of a private interpreter: the one that permissions grant and by which it is started. It is a link, and Deno compares names
 * without following them, so that nobody may resolve it on the way.
 */
export function interpreterPath(projectRoot: string, name: PythonEnvironmentName): string {
  return join(environmentFolder(projectRoot, name), "bin", "python");
}
