/** Choices that a row keeps apart from its question. */
import { isRow } from "./fields.ts";

/** A choice: its letter and what it says. */
interface Choice {
  readonly letter: string;
  readonly text: string;
}

type Row = Readonly<Record<string, unknown>>;

/** A question with its choices, and the letter of the right one. */
export interface ChoiceQuestion {
  readonly question: string;
  readonly answer: string;
  /** Whether the answer may be a choice's number as well as its value. */
  readonly isAmbiguous: boolean;
}

/** The name under which a set of choices keeps the right letter; `null` for a row without choices. */
export function choiceAnswer(row: Row): unknown {
  return choicesOf(row).length === 0 ? null : row["correct"] ?? row["answerKey"] ?? null;
}

/**
 * Puts choices behind their question where the answer is the letter or the number of one; nobody can choose among what is not said.
 *
 * @returns `null` for a row without choices, or whose answer is a value.
 */
export function withChoices(
  row: Row,
  { question, answer, value }: {
    readonly question: string;
    readonly answer: string;
    /** The answer's field as it stands in the file. */
    readonly value: unknown;
  },
): ChoiceQuestion | null {
  const choices = choicesOf(row);
  const letter = /^\(?([A-Z])[).]?$/.exec(answer)?.[1];
  const chosen = typeof value === "number" || typeof value === "bigint"
    ? choices[Number(value)]
    : choices.find((choice) => choice.letter === letter);
  if (chosen === undefined) return null;
  const lines = choices.map((choice) => `(${choice.letter}) ${choice.text}`);
  return {
    question: [question, ...lines].join("\n"),
    answer: chosen.letter,
    isAmbiguous: letter === undefined && choices.some(({ text }) => text === answer),
  };
}

function choicesOf(row: Row): readonly Choice[] {
  const value = row["options"] ?? row["choices"];
  if (Array.isArray(value)) return listed(value);
  if (!isRow(value)) return [];
  const { text, label } = value;
  if (Array.isArray(text) && Array.isArray(label)) {
    return text.map((one, i) => ({ letter: String(label[i]), text: String(one) }));
  }
  const named = Object.entries(value);
  return named.every(([letter, one]) => /^[A-Z]$/.test(letter) && typeof one === "string")
    ? named.map(([letter, one]) => ({ letter, text: String(one) }))
    : [];
}

/** `["1", "2"]`, or with the letters before each: `["A)1", "B)2"]`. */
function listed(values: readonly unknown[]): readonly Choice[] {
  if (values.length < 2 || values.length > 26) return [];
  if (values.some((one) => typeof one !== "string" && typeof one !== "number")) return [];
  return values.map((one, i) => {
    const letter = String.fromCharCode(65 + i);
    const text = String(one).trim();
    const behind = text.replace(new RegExp(`^\\(?${letter}[).:]\\s*`), "");
    return { letter, text: behind };
  });
}
