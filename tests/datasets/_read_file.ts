/** Reads the problem file that its argument names, in a process with the rights that it was started with; prints what goes wrong. */
import { DatasetError } from "../../lib/core/mod.ts";
import { readProblems } from "../../lib/datasets/mod.ts";

const [path = ""] = Deno.args;
try {
  await readProblems(path, { readParquet: () => Promise.resolve([]) });
} catch (error) {
  if (!(error instanceof DatasetError)) throw error;
  console.log(error.message);
}
