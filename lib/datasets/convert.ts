/**
 * Turns the originals of published sets into our own form. What each set calls its fields, and what is wrong with it, is written
 * down here and nowhere else.
 */
import type { Problem, ProblemMeta } from "../core/mod.ts";
import { lastBoxed } from "./_boxed.ts";
import { flagUngradable } from "./dataset.ts";
import { OVERRIDES } from "./overrides.ts";

/** A row of an original. */
type Row = Readonly<Record<string, unknown>>;

/** Result of converting a row: a problem, or the reason why it is left out. */
export type Converted = Problem | { readonly dropped: string };

/** How the rows of one set are converted. */
type Converter = (
  row: Row,
  line: number,
) => Omit<Problem, "id" | "source"> & { readonly id: string };

const text = (value: unknown) => (typeof value === "string" ? value.trim() : String(value ?? ""));

/** `$x$` and `$x$.` as `x`, where the whole answer is one formula. */
function bare(answer: string): string {
  const match = /^\$([^$]*)\$\.?$/.exec(answer);
  return (match?.[1] ?? answer).trim();
}

function level(value: unknown): number | null {
  const number = Number(text(value).replace(/^Level\s*/, ""));
  return Number.isInteger(number) && number > 0 ? number : null;
}

const gsm8k: Converter = (row, line) => ({
  id: String(line),
  question: text(row["question"]),
  answer: text(row["answer"]).split("#### ").at(-1)?.replaceAll(",", "").trim() ?? "",
  level: null,
  meta: { answerType: "integer" },
});

/** MATH: the reference is the last box of the solution, but for the reviewed rows whose answer is spread over several boxes. */
function math(set: "math_train" | "math_test"): Converter {
  return (row, line) => {
    const id = text(row["idx"] ?? line);
    const override = OVERRIDES[`${set}/${id}`];
    const { answer, isAmbiguous } = lastBoxed(text(row["solution"]));
    const meta: ProblemMeta = { subject: text(row["type"]), answerType: "latex" };
    return {
      id,
      question: text(row["problem"]),
      answer: override?.answer ?? answer ?? "",
      level: level(row["level"]),
      meta: {
        ...meta,
        ...(override?.isList ? { isMultipleAnswer: true } : {}),
        ...(isAmbiguous && override === undefined
          ? { ungradable: "the reference solution boxes several values" }
          : {}),
      },
    };
  };
}

/** How each set is converted, by name. */
const CONVERTERS: Readonly<Record<string, Converter>> = {
  gsm8k_train: gsm8k,
  gsm8k_test: gsm8k,
  math_train: math("math_train"),
  math_test: math("math_test"),
  math500: (row) => ({
    id: text(row["unique_id"]),
    question: text(row["problem"]),
    answer: text(row["answer"]),
    level: level(row["level"]),
    meta: { subject: text(row["subject"]), answerType: "latex" },
  }),
  aime24: (row) => ({
    id: text(row["id"]),
    question: text(row["problem"]),
    // Three digits with leading zeros: an integer all the same.
    answer: String(Number(text(row["answer"]))),
    level: null,
    meta: { answerType: "integer" },
  }),
  amc23: (row) => ({
    id: text(row["id"]),
    question: text(row["question"]),
    answer: String(row["answer"]),
    level: null,
    meta: { answerType: "number" },
  }),
  olympiadbench: (row) => ({
    id: text(row["id"]),
    question: text(row["question"]),
    answer: Array.isArray(row["final_answer"]) ? bare(text(row["final_answer"][0])) : "",
    level: null,
    meta: {
      subject: text(row["subfield"]),
      answerType: "latex",
      ...(row["is_multiple_answer"] === true ? { isMultipleAnswer: true } : {}),
      ...(text(row["unit"]) === "" ? {} : { unit: text(row["unit"]) }),
      ...(text(row["error"]) === "" ? {} : { tolerance: Number(text(row["error"])) }),
    },
  }),
  college_math: (row, line) => ({
    id: String(line),
    question: text(row["question"]),
    answer: bare(text(row["answer"])),
    level: null,
    meta: {
      subject: text(row["data_topic"]),
      answerType: "latex",
      licence: text(row["license"]),
    },
  }),
  gaokao2023en: (row, line) => ({
    id: String(line),
    question: text(row["question"]),
    answer: bare(text(row["answer"])),
    level: null,
    meta: { answerType: "latex" },
  }),
  rstar_omni_math: (row) => ({
    id: text(row["index"]),
    question: text(row["question"]),
    answer: bare(text(row["answer"])),
    level: null,
    meta: { answerType: "latex" },
  }),
};

/** Sets whose licence does not allow to ship them; they can be fetched. */
const NOT_SHIPPED = ["gaokao2023en"];

/** Sets that ship. */
export const SHIPPED_SETS: readonly string[] = Object.keys(CONVERTERS)
  .filter((name) => !NOT_SHIPPED.includes(name));

/**
 * Converts one row of an original.
 *
 * @param line Zero-based line of the original.
 * @throws {RangeError} If the set is not known.
 */
export function convertRow(
  set: string,
  row: Row,
  line: number,
  options: { readonly keepsNonCommercial?: boolean } = {},
): Converted {
  const convert = CONVERTERS[set];
  if (convert === undefined) throw new RangeError(`Cannot convert "${set}": unknown set`);
  const problem = convert(row, line);
  const licence = problem.meta.licence ?? "";
  if (!options.keepsNonCommercial && /NonCommercial|BY-NC/i.test(licence)) {
    return { dropped: "licence forbids commercial use" };
  }
  if (problem.answer === "") return { dropped: "empty reference answer" };
  return flagUngradable({ ...problem, id: `${set}/${problem.id}`, source: set });
}
