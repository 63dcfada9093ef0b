import { join } from "node:path";
import { loadProblems, shippedSets } from "../datasets/mod.ts";
import { Decontaminator } from "../export/mod.ts";
import { readParquetRows } from "../store/mod.ts";
import { PROJECT_ROOT } from "./host.ts";

/** Splits of the starter world that are measured on. */
const STARTER_SUITES = ["starter", "control"].flatMap((world) =>
  ["validation", "test", "ood"].map((split) => `${world}_${split}`)
).filter((name) => name !== "control_ood");

/** {@linkcode openDecontaminator}, at most once and not before it is needed. */
export function decontaminatorOnce(): () => Promise<Decontaminator> {
  let opening: Promise<Decontaminator> | null = null;
  return () => opening ??= openDecontaminator();
}

/** Knows every problem of every suite that ships, so that none of them is trained on. */
export async function openDecontaminator(): Promise<Decontaminator> {
  const options = { fixtures: join(PROJECT_ROOT, "fixtures"), readParquet: readParquetRows };
  const decontaminator = new Decontaminator();
  const sets = (await shippedSets(options.fixtures)).map(({ name }) => name)
    .filter((name) => !name.endsWith("_train"));
  for (const suite of [...sets, ...STARTER_SUITES]) {
    // The starter world's phrasings repeat by construction: there only equal problems count.
    const isExactOnly = STARTER_SUITES.includes(suite);
    for (const { question } of await loadProblems(suite, options)) {
      decontaminator.add(question, { suite, isExactOnly });
    }
  }
  return decontaminator;
}
