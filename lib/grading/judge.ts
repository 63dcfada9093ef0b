import type { Verdict } from "../core/mod.ts";
import { isTooComplex } from "./bounds.ts";
import { compareAnswers, type CompareOptions, type Question } from "./compare.ts";
import type { Reference } from "./grader.ts";
import { splitLabel } from "./label.ts";
import { cleanAnswer, MAX_ANSWER_LENGTH } from "./normalize.ts";
import { type Answer, parseAnswer } from "./structure.ts";
import { canonicalUnit } from "./units.ts";

/** Decision of a stage; `questions` are left when it could not decide. */
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
  return judgeParsed(reference, answer, ask);
}

function judgeParsed(reference: Reference, given: string, ask: Ask): Decision {
  const { meta } = reference;
  const chosen = compareLabels(reference.answer, given, meta.answerType === "choice");
  if (typeof chosen === "boolean") return decided(chosen, "choice");
  const answer = withCurrency(parseAnswer(chosen.answer), given, reference.answer);
  const bare = withUnit(parseAnswer(chosen.gold), meta.unit);
  const gold = withCurrency(bare, reference.answer, given);
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

/** A dollar sign is left out of account, unless the other amount is in cents. */
function withCurrency(answer: Answer, text: string, other: string): Answer {
  const isDollars = /^\s*-?\s*\\?\$/.test(text) && /(?:cents?\b|¢)/i.test(other);
  return isDollars && answer.unit === null ? { ...answer, unit: "dollar" } : answer;
}

/** Compares letters of choices, or says which texts are left to compare: those behind the letters. */
function compareLabels(
  reference: string,
  given: string,
  isChoice: boolean,
): boolean | { readonly gold: string; readonly answer: string } {
  const gold = readLabel(reference), answer = readLabel(given);
  if (isChoice && gold.letter !== null) return gold.letter === answer.letter;
  if (gold.rest === null && answer.rest === null) {
    return isChoice ? gold.text === answer.text : { gold: reference, answer: given };
  }
  // A letter is the answer of whoever gives it beside a value; two letters must agree, and so must two values.
  if (gold.letter !== null && answer.letter !== null) {
    if (gold.letter !== answer.letter) return false;
    if (gold.rest === null || answer.rest === null) return true;
  }
  return { gold: gold.rest ?? reference, answer: answer.rest ?? given };
}

interface Label {
  readonly text: string;
  readonly letter: string | null;
  readonly rest: string | null;
}

/** The letter of a choice: `B`, `(B)`, and what stands behind it: `(B) 14`. */
function readLabel(raw: string): Label {
  if (!/[A-Z]/.test(raw)) return { text: raw, letter: null, rest: null };
  const text = cleanAnswer(raw);
  const labelled = splitLabel(text);
  if (labelled !== null) return { text, letter: labelled.letter, rest: labelled.rest };
  const bare = text.replace(/\\text\{([^{}]*)\}/g, "$1");
  const letter = /^(?:(?:option|choice|answer)\s+)?\(?([A-Z])[).:]?$/i.exec(bare)?.[1] ?? null;
  return { text, letter: letter !== null && /[A-Z]/.test(letter) ? letter : null, rest: null };
}

function decided(correct: boolean, reason: string): Decision {
  return { correct, reason, questions: [] };
}

/** Makes a verdict of a decision. */
export function toVerdict(
  decision: { readonly correct: boolean; readonly reason: string },
  context: Pick<Verdict, "answer" | "grader" | "stage" | "elapsedMs">,
): Verdict {
  return { ...context, ...decision };
}
