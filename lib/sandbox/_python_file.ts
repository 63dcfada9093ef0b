import { fileURLToPath } from "node:url";

/** Full path of a Python file of this room. */
export function pythonFile(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
