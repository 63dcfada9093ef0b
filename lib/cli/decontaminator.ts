import type { FieldMapping } from "../core/mod.ts";
import { fetchedPath, loadProblems, shippedSets } from "../datasets/mod.ts";
import { Decontaminator } from "../export/mod.ts";
import { readParquetRows } from "../store/mod.ts";
import { findSuites, loadSuite, shippedSuites } from "./eval/load_suites.ts";
import { PROBLEM_FOLDERS } from "./host.ts";
import { isFile } from "./is_file.ts";

/** Splits of the starter world that are measured on. */
const STARTER_SUITES = ["starter", "control"].flatMap((world) =>
  ["validation", "test", "ood"].map((split) => `${world}_${split}`)
).filter((name) => name !== "control_ood");

/** Settings of {@linkcode openDecontaminator}: what it uses besides what ships. */
export interface DecontaminatorOptions {
  /** Folder of the sets that were fetched. */
  readonly fetched?: string;
  /** Suites that are measured on, by name or file: those of the user's own are known as well. */
  readonly suites?: readonly string[];
  /** Fields of those that are problem files. */
  readonly fields?: FieldMapping | undefined;
}

/** {@linkcode openDecontaminator}, at most once and not before it is needed. */
export function decontaminatorOnce(options: DecontaminatorOptions): () => Promise<Decontaminator> {
  let opening: Promise<Decontaminator> | null = null;
  return () => opening ??= openDecontaminator(options);
}

/**
 * Knows every problem of every suite that ships, so that none of them is trained on; of suites whose problems do not ship, those that
 * were fetched.
 *
 * @throws {DatasetError} If a suite of the user's own has no problems to be read.
 */
export async function openDecontaminator(
  { fetched = PROBLEM_FOLDERS.fetched, suites = [], fields }: DecontaminatorOptions = {},
): Promise<Decontaminator> {
  const options = { ...PROBLEM_FOLDERS, fetched, readParquet: readParquetRows };
  const decontaminator = new Decontaminator();
  const sets = (await shippedSets(options.fixtures)).map(({ name }) => name)
    .filter((name) => !name.endsWith("_train"));
  for (const suite of [...sets, ...await fetchedSets(fetched), ...STARTER_SUITES]) {
    // The starter world's phrasings repeat by construction: there only equal problems count.
    const isExactOnly = STARTER_SUITES.includes(suite);
    for (const { question } of await loadProblems(suite, options)) {
      decontaminator.add(question, { suite, isExactOnly });
    }
  }
  const shipped = new Set((await shippedSuites()).map(({ path }) => path));
  for (const file of await findSuites(suites, { fields })) {
    if (shipped.has(file.path)) continue;
    for (const { question } of (await loadSuite(file)).problems) {
      decontaminator.add(question, { suite: file.suite.name, isExactOnly: false });
    }
  }
  return decontaminator;
}

/** Sets that suites are measured on, as far as they lie in the folder of what was fetched. */
async function fetchedSets(folder: string): Promise<readonly string[]> {
  const names = new Set((await shippedSuites()).map(({ suite }) => suite.problems));
  const found: string[] = [];
  for (const name of names) {
    if (await isFile(fetchedPath(folder, name))) found.push(name);
  }
  return found;
}
