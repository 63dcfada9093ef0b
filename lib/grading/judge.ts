import type { Verdict } from "../core/mod.ts";
import { isTooComplex } from "./bounds.ts";
import { compareAnswers, type CompareOptions, type Question } from "./compare.ts";
import type { Reference } from "./grader.ts";
import { MAX_ANSWER_LENGTH } from "./normalize.ts";
import { type Answer, parseAnswer } from "./structure.ts";
import { canonicalUnit } from "./units.ts";

/** What a stage found; `questions` are left when it could not decide. */
export interface Decision {
  readonly correct: boolean | null;
  readonly reason: string;
  readonly questions: readonly Question[];
}

/** Answers questions of stage one; `null` is "not known". */
export type Ask = CompareOptions["ask"];

/** Stage one: judges an answer as far as it is certain, asking about what it cannot decide. Pure; about 0.05 ms. */
export function judgeExactly(reference: Reference, answer: string | null, ask: Ask): Decision {
  if (reference.answer.trim() === "") return decided(false, "ungradable");
  if (answer === null || answer.trim() === "") return decided(false, "no_answer");
  if (answer.trim() === reference.answer.trim()) return decided(true, "equal");
  if (answer.length > MAX_ANSWER_LENGTH || reference.answer.length > MAX_ANSWER_LENGTH) {
    return decided(false, "too_complex");
  }
  return judgeParsed(reference, parseAnswer(answer), ask);
}

function judgeParsed(reference: Reference, answer: Answer, ask: Ask): Decision {
  const { meta } = reference;
  const gold = withUnit(parseAnswer(reference.answer), meta.unit);
  if (meta.answerType === "choice") return decided(choiceOf(gold) === choiceOf(answer), "choice");
  const chosen = compareLabels(gold, answer);
  if (chosen !== null) return decided(chosen, "choice");
  const questions: Question[] = [];
  const correct = compareAnswers(gold, answer, {
    tolerance: meta.tolerance,
    isUnordered: meta.isMultipleAnswer,
    ask: (question) => {
      const known = ask(question);
      if (known === null) questions.push(question);
      return known;
    },
  });
  const kind = gold.kind === "number" && answer.kind === "number"
    ? "number"
    : correct === true
    ? "equal"
    : "different";
  if (correct !== null) return decided(correct, kind);
  if (isTooComplex(answer.text) || isTooComplex(gold.text)) return decided(false, "too_complex");
  return { correct: null, reason: "undecided", questions };
}

function withUnit(gold: Answer, unit: string | undefined): Answer {
  return unit === undefined || gold.unit !== null ? gold : { ...gold, unit: canonicalUnit(unit) };
}

/** A letter beside a letter with the text of its choice: `C` and `(C) 12`; `null` where no such pair stands. */
function compareLabels(gold: Answer, answer: Answer): boolean | null {
  const letterOf = ({ kind, text }: Answer) =>
    kind === "words" && /^[A-J]$/.test(text) ? text : null;
  const labelOf = ({ text }: Answer) => {
    const match = LABEL.exec(text.replace(/\\text\{([^{}]*)\}/g, "$1"));
    return match?.[1] ?? match?.[2] ?? null;
  };
  const [letter, label] = letterOf(gold) === null
    ? [letterOf(answer), labelOf(gold)]
    : [letterOf(gold), labelOf(answer)];
  return letter === null || label === null ? null : letter === label;
}

const LABEL = /^(?:\(([A-J])\)|([A-J])[).:])\s*[^\s)]/;

/** The letter of a choice: `B`, `(B)`, `B. 12`, `(B) 12`. */
function choiceOf(answer: Answer): string {
  return /^\(?([A-Z])(?:[).:\s]|$)/.exec(answer.text.replace(/\\text\{([^{}]*)\}/g, "$1"))?.[1] ??
    answer.text;
}

function decided(correct: boolean, reason: string): Decision {
  return { correct, reason, questions: [] };
}

/** A verdict with the time it took. */
export function toVerdict(
  decision: { readonly correct: boolean; readonly reason: string },
  context: Pick<Verdict, "answer" | "grader" | "stage"> & { readonly startedAt: number },
): Verdict {
  const { startedAt, ...rest } = context;
  return { ...rest, ...decision, elapsedMs: performance.now() - startedAt };
}
