import type { Grader } from "./grader.ts";
import { toVerdict } from "./judge.ts";
import { cleanAnswer, compactText } from "./normalize.ts";

/**
 * The second opinion of `eval audit`: equality of normalised strings and nothing else, in the manner of the MATH paper's
 * `is_equiv`. Accepts too little; where it accepts what the grader refuses, a person should look.
 */
export function stringGrader(): Grader {
  const version = "string-1";
  return {
    version,
    grade: (reference, answer) => {
      const startedAt = performance.now();
      const isEmpty = answer === null || answer.trim() === "";
      const correct = !isEmpty && stringForm(reference.answer) === stringForm(answer);
      const reason = isEmpty ? "no_answer" : correct ? "equal" : "different";
      const elapsedMs = performance.now() - startedAt;
      return Promise.resolve(
        toVerdict({ correct, reason }, {
          answer,
          grader: version,
          stage: isEmpty ? "none" : "exact",
          elapsedMs,
        }),
      );
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Units, degrees and `x =` go; `a/b` of integers becomes a fraction, `0.5` as well. */
function stringForm(answer: string): string {
  const text = compactText(
    cleanAnswer(answer).replace(/\\text\{ [^{}]*\}(?:\^\{?\d\}?)?$/, "").replace(/\^\s*\\circ/g, "")
      .replace(/\\%/g, ""),
  );
  const [left = "", right, ...more] = text.split("=");
  const value = right !== undefined && more.length === 0 && left.length <= 2 ? right : text;
  const leading = value.replace(/^\./, "0.");
  if (leading === "0.5") return "\\frac{1}{2}";
  return leading.replace(/^(-?\d+)\/(-?\d+)$/, "\\frac{$1}{$2}");
}
