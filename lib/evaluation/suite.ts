import { z } from "zod";
import {
  canonicalJson,
  ConfigError,
  DatasetError,
  FieldMapping,
  type Problem,
  sha256,
  UsageError,
} from "../core/mod.ts";

/** Sampling of the policy. */
export const SuiteSampling = z.strictObject({
  temperature: z.number().min(0).max(5),
  topP: z.number().gt(0).max(1),
});

/**
 * Suite of problems to measure: one small file of `evals/`, or one of the user's own. Everything about the data stands here;
 * everything about a run (mode, models, number of samples) is said on the command line, and only its defaults stand here.
 */
export const Suite = z.strictObject({
  /** Short name: letters, digits, `_` and `-`. */
  name: z.string().regex(/^[\w-]{1,64}$/),
  description: z.string().min(1),
  /** Names under which several suites are run together. */
  groups: z.array(z.string().regex(/^[\w-]{1,64}$/)).default([]),
  /** Problem set by name, or a file; a relative path starts at the suite's folder. */
  problems: z.string().min(1),
  /** Fields of a problem file that differ from the usual names. */
  fields: FieldMapping.optional(),
  /** {@linkcode problemsChecksum} of the whole set; left out, the set is not pinned. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/).optional(),
  /** Problems of the whole set. */
  count: z.int().min(1).optional(),
  /** Where data come from that do not ship, in plain words. */
  source: z.string().min(1).optional(),
  /** How the policy is asked: bare prompt of a fine-tuned policy, or instructions with worked examples for a general model. */
  prompt: z.enum(["trained", "bootstrap"]).default("trained"),
  /** For modes that sample; greedy decoding needs none. */
  sampling: SuiteSampling.default({ temperature: 1, topP: 1 }),
  /** Samples of a problem where a mode makes several and nothing else is said. */
  samples: z.int().min(1).max(65_535).default(8),
  /** Tokens that the policy may generate for one solution. */
  maxTokens: z.int().min(16).default(2048),
  /** Context length that a policy must offer, tokens: question, solution and what its programs print. */
  modelLength: z.int().min(64).default(4096),
  /** Named search parameters of modes that search. */
  preset: z.string().min(1).default("paper/test"),
  extraction: z.strictObject({
    /** Take the last number of a reply where nothing else is found; for sets whose references are numbers, and counted. */
    lastNumber: z.boolean().default(false),
  }).default({ lastNumber: false }),
  /** The figure that stands for the suite: the mean over problems of the share of right samples. */
  metric: z.enum(["pass@1"]).default("pass@1"),
});

/** Suite of problems to measure. */
export type Suite = z.infer<typeof Suite>;

/**
 * Reads the text of a suite file.
 *
 * @param path As it is named in errors.
 * @throws {ConfigError} Naming file, field and what was expected; an unknown field is an error.
 */
export function parseSuite(text: string, path: string): Suite {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(
      `Cannot read suite "${path}": ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  }
  const result = Suite.safeParse(value);
  if (result.success) return result.data;
  throw new ConfigError(
    `Cannot read suite "${path}":\n${z.prettifyError(result.error)}\n` +
      `expected the fields ${Object.keys(Suite.shape).join(", ")}`,
    { cause: result.error },
  );
}

/** Checksum of what is graded: SHA-256 over id, question and reference of every problem, in order, however the file is packed. */
export function problemsChecksum(problems: readonly Problem[]): string {
  return sha256(
    problems.map(({ id, question, answer }) => canonicalJson([id, question, answer])).join("\n"),
  );
}

/** A suite with its problems. */
export interface LoadedSuite {
  readonly suite: Suite;
  /** Problems that are measured: the whole set, or what was selected of it. */
  readonly problems: readonly Problem[];
  /** Checksum of the whole set. */
  readonly checksum: string;
  /** Problems of the whole set. */
  readonly total: number;
  /** Notices about the data for the user. */
  readonly notices: readonly string[];
}

/**
 * Checks that a set is the one that its suite means.
 *
 * @throws {DatasetError} If count or checksum differ.
 */
export function checkSuiteData(suite: Suite, problems: readonly Problem[]): string {
  const checksum = problemsChecksum(problems);
  const differs = (what: string, expected: string | number, got: string | number) =>
    new DatasetError(
      suite.problems,
      null,
      `Cannot measure suite "${suite.name}": expected ${what} ${expected} of "${suite.problems}", got ${got}; ` +
        "restore the data, or make a suite of your own with these figures",
    );
  if (suite.count !== undefined && suite.count !== problems.length) {
    throw differs("problems", suite.count, problems.length);
  }
  if (suite.sha256 !== undefined && suite.sha256 !== checksum) {
    throw differs("sha256", suite.sha256, checksum);
  }
  return checksum;
}

/** Which problems of a set are measured. */
export interface ProblemSelection {
  /** The first so many of a seeded order, so that more hold fewer. @default all */
  readonly limit?: number | undefined;
  readonly levels?: readonly number[] | undefined;
  readonly subjects?: readonly string[] | undefined;
  readonly ids?: readonly string[] | undefined;
  /** Problems of a set in the same order for any seed of the run: limits of different runs measure the same problems. */
  readonly order: (problems: readonly Problem[]) => readonly Problem[];
}

/**
 * Chooses problems.
 *
 * @throws {UsageError} If an id is not in the set, or nothing is left.
 */
export function selectProblems(
  suite: Suite,
  problems: readonly Problem[],
  selection: ProblemSelection,
): readonly Problem[] {
  const { limit, levels, subjects, ids, order } = selection;
  const known = new Set(problems.map(({ id }) => id));
  const unknown = ids?.find((id) => !known.has(id));
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot measure problem "${unknown}": suite "${suite.name}" has none of this id; ids look like "${
        problems[0]?.id ?? ""
      }"`,
    );
  }
  const chosen = order(problems).filter((problem) =>
    (levels === undefined || (problem.level !== null && levels.includes(problem.level))) &&
    (subjects === undefined || subjects.includes(problem.meta.subject ?? "")) &&
    (ids === undefined || ids.includes(problem.id))
  ).slice(0, limit);
  if (chosen.length > 0) return chosen;
  const seen = <T>(values: readonly T[]) => [...new Set(values)].slice(0, 12).join(", ") || "none";
  throw new UsageError(
    `Cannot measure suite "${suite.name}": no problem is left of ${problems.length}; ` +
      `levels are ${seen(problems.flatMap(({ level }) => level ?? []))}, ` +
      `subjects are ${seen(problems.flatMap(({ meta }) => meta.subject ?? []))}`,
  );
}
