import { z } from "zod";

/** Facts about a problem besides its reference answer, most of them for grading; all are optional because most sets have none. */
export const ProblemMeta = z.strictObject({
  /** Subject or topic, for tables by subject. */
  subject: z.string().optional(),
  /** The reference is several answers parted by commas, all of which must be given, in any order (OlympiadBench). */
  isMultipleAnswer: z.boolean().optional(),
  /** Unit that an answer may carry or leave out. */
  unit: z.string().optional(),
  /** Absolute tolerance of this row only. */
  tolerance: z.number().positive().optional(),
  /** `integer`, `number`, `latex`, `choice`: what the set says of its references. */
  answerType: z.enum(["integer", "number", "latex", "choice"]).optional(),
  /** Why this problem cannot be judged automatically (needs a figure, asks for a proof). */
  ungradable: z.string().optional(),
  /** Licence of the row, where it differs from the licence of the set. */
  licence: z.string().optional(),
  /** Starter world only: the true value of every step, `[name, value]`, in order. Never shown to a policy or to search. */
  truth: z.array(z.tuple([z.string(), z.number()])).optional(),
  /** Starter world only: names of the misconceptions that apply, one per affected step. */
  misconceptions: z.array(z.string()).optional(),
});

/** Facts about a problem besides its reference answer. */
export type ProblemMeta = z.infer<typeof ProblemMeta>;

/** A question with its reference answer. The id is the key everywhere; question texts repeat within and between sets. */
export const Problem = z.strictObject({
  /** Stable id, `<source>/<native id>`. */
  id: z.string().min(1).max(200),
  /** Name of the set, e.g. `gsm8k_test`. */
  source: z.string().min(1),
  question: z.string().min(1),
  /** Reference answer, bare (no `\boxed`). Empty references are errors of the data set and are rejected at loading. */
  answer: z.string().min(1),
  /** Difficulty, 1 is easiest; `null` where the set has none. */
  level: z.number().int().min(0).max(255).nullable(),
  meta: ProblemMeta,
});

/** A question with its reference answer. */
export type Problem = z.infer<typeof Problem>;
