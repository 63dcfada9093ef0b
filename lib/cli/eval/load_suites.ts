import { dirname, extname, join, resolve } from "node:path";
import {
  ConfigError,
  DatasetError,
  type FieldMapping,
  hashSeed,
  nearest,
  type Problem,
  seededRandom,
  shuffled,
} from "../../core/mod.ts";
import {
  isProblemFile,
  loadProblems,
  type ReadOptions,
  RowNotices,
  setNameOf,
} from "../../datasets/mod.ts";
import {
  checkSuiteData,
  type LoadedSuite,
  parseSuite,
  type ProblemSelection,
  selectProblems,
  Suite,
} from "../../evaluation/mod.ts";
import { readParquetRows } from "../../store/mod.ts";
import { PROBLEM_FOLDERS } from "../host.ts";
import { PROJECT_ROOT } from "../../process/mod.ts";
import { readUserText } from "../read_user_text.ts";

/** Folder of the suites that ship. */
export const SUITE_FOLDER = join(PROJECT_ROOT, "evals");

/** A suite and the file it stands in. */
export interface SuiteFile {
  readonly path: string;
  readonly suite: Suite;
  /** Whether it was asked for by a group's name: what a group lacks is left out with a notice. */
  readonly isOfGroup: boolean;
}

/** Every suite that ships, by name. */
export async function shippedSuites(): Promise<readonly SuiteFile[]> {
  const files: SuiteFile[] = [];
  for await (const { name } of Deno.readDir(SUITE_FOLDER)) {
    if (extname(name) === ".json") files.push(await readSuite(join(SUITE_FOLDER, name)));
  }
  return files.sort((a, b) => (a.suite.name < b.suite.name ? -1 : 1));
}

/**
 * Finds suites by name, by the name of a group, or by the path of a user's own file. Every suite occurs once.
 *
 * @throws {ConfigError} If there is no such suite, or its file is not one.
 */
export async function findSuites(
  names: readonly string[],
  { fields }: SuiteFields = {},
): Promise<readonly SuiteFile[]> {
  const shipped = await shippedSuites();
  const found = new Map<string, SuiteFile>();
  for (const name of names) {
    for (const file of await suitesNamed(name, { shipped, fields })) {
      const other = found.get(file.suite.name);
      if (other !== undefined && other.path !== file.path) {
        throw new ConfigError(
          `Cannot measure suite "${file.suite.name}" of "${file.path}": a suite of this name stands in "${other.path}"; rename one`,
        );
      }
      found.set(file.suite.name, other?.isOfGroup === false ? other : file);
    }
  }
  return [...found.values()];
}

async function suitesNamed(
  name: string,
  { shipped, fields }: SuiteFields & { readonly shipped: readonly SuiteFile[] },
): Promise<readonly SuiteFile[]> {
  if (isProblemFile(name) && extname(name) !== ".json") return [problemFileSuite(name, fields)];
  if (extname(name) === ".json" || name.includes("/")) return [await readSuite(name)];
  const named = shipped.filter(({ suite }) => suite.name === name);
  if (named.length > 0) return named;
  const grouped = shipped.filter(({ suite }) => suite.groups.includes(name));
  if (grouped.length > 0) return grouped.map((file) => ({ ...file, isOfGroup: true }));
  const groups = new Set(shipped.flatMap(({ suite }) => suite.groups));
  const known = [...groups, ...shipped.map(({ suite }) => suite.name)];
  const meant = nearest(name, known);
  const hint = meant === null ? "" : `; did you mean "${meant}"?`;
  throw new ConfigError(
    `Cannot find suite "${name}": expected a file or one of ${known.join(", ")}${hint}`,
  );
}

/** A file of problems as a suite of its own, with the defaults of every suite. */
function problemFileSuite(path: string, fields: FieldMapping | undefined): SuiteFile {
  const name = setNameOf(path).replaceAll(/[^\w-]/g, "_").slice(0, 64);
  return {
    path: resolve(path),
    suite: Suite.parse({
      name,
      description: `Problems of ${path}`,
      problems: resolve(path),
      ...(fields !== undefined && { fields }),
    }),
    isOfGroup: false,
  };
}

async function readSuite(path: string): Promise<SuiteFile> {
  const text = await readUserText(path, "read suite");
  return { path: resolve(path), suite: parseSuite(text, path), isOfGroup: false };
}

/** Fields of problem files that are measured as they are, without a suite's file. */
export interface SuiteFields {
  readonly fields?: FieldMapping | undefined;
}

/** Which problems of a suite are measured. */
export type SuiteSelection = Omit<ProblemSelection, "order">;

/** Result of {@linkcode loadSuites}. */
export interface LoadedSuites {
  readonly suites: readonly LoadedSuite[];
  readonly notices: readonly string[];
}

/**
 * Loads suites by name, group or file. A member of a group whose data are not there is left out with a notice.
 *
 * @throws {ConfigError} If there is no such suite.
 * @throws {DatasetError} As {@linkcode loadSuite}, for suites that were asked for by name.
 * @throws {UsageError} If nothing is left of a suite.
 */
export async function loadSuites(
  names: readonly string[],
  { selectionOf, fields }: SuiteFields & {
    readonly selectionOf: (suite: string) => SuiteSelection;
  },
): Promise<LoadedSuites> {
  const suites: LoadedSuite[] = [];
  const notices: string[] = [];
  for (const file of await findSuites(names, { fields })) {
    try {
      const loaded = await loadSuite(file, selectionOf(file.suite.name));
      suites.push(loaded);
      notices.push(...loaded.notices);
    } catch (error) {
      if (!file.isOfGroup || !(error instanceof DatasetError)) throw error;
      notices.push(`Left out: ${error.message}`);
    }
  }
  return { suites, notices };
}

/**
 * Loads a suite's problems, checks that they are the ones it means, and chooses among them.
 *
 * @throws {DatasetError} If the data are not there, are not problems, or differ from the suite.
 * @throws {UsageError} If nothing is left.
 */
export async function loadSuite(
  { suite, path }: Pick<SuiteFile, "suite" | "path">,
  selection: SuiteSelection = {},
): Promise<LoadedSuite> {
  const rows = new RowNotices();
  const all = await loadSet({ suite, path }, rows);
  const checksum = checkSuiteData(suite, all);
  const problems = selectProblems(suite, all, { ...selection, order: seededOrder });
  const flagged = problems.filter(({ meta }) => meta.ungradable !== undefined).length;
  const notices = [
    ...rows.lines().map((sentence) => `${suite.name}: ${sentence}`),
    ...(flagged === 0 ? [] : [
      `${suite.name}: ${flagged} of ${problems.length} problems need a figure, ask for a proof or have a reference that nothing can equal; ` +
      "figures are given with and without them",
    ]),
    ...(suite.source === undefined ? [] : [`${suite.name}: ${suite.source}`]),
  ];
  return { suite, problems, checksum, total: all.length, notices };
}

async function loadSet(
  { suite, path }: Pick<SuiteFile, "suite" | "path">,
  { onMissingAnswer, onMended }: Pick<ReadOptions, "onMissingAnswer" | "onMended">,
): Promise<readonly Problem[]> {
  const beside = join(dirname(path), suite.problems);
  const isBeside = await Deno.stat(beside).then(({ isFile }) => isFile, () => false);
  try {
    return await loadProblems(isBeside ? beside : suite.problems, {
      ...PROBLEM_FOLDERS,
      readParquet: readParquetRows,
      fields: suite.fields,
      onMissingAnswer,
      onMended,
    });
  } catch (cause) {
    if (!(cause instanceof DatasetError) || suite.source === undefined) throw cause;
    throw new DatasetError(
      cause.path,
      cause.line,
      `Cannot measure suite "${suite.name}": ${suite.source}\n${cause.message}`,
      { cause },
    );
  }
}

/** One order for all limits and runs: a larger limit holds the smaller one, and limited runs measure the same problems. */
function seededOrder(problems: readonly Problem[]): readonly Problem[] {
  return shuffled(seededRandom(hashSeed("evaluation order")), problems);
}
