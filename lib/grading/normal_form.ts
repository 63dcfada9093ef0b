import { compactText, MAX_ANSWER_LENGTH } from "./normalize.ts";
import { numberNormalForm } from "./number.ts";
import { type Answer, parseAnswer, wordForm } from "./structure.ts";

/**
 * Writes an answer in one way, as far as stage one can tell: equal numbers, and lists in any order, give equal text.
 *
 * The contract goes one way. Two answers with the same normal form are equal for the grader, whichever of them is the reference, and no
 * letter, mark or name is folded. Two answers with different ones may still be equal (`x(x+1)` and `x^2+x`, `n=5` and `5`): who needs to
 * know asks a grader. The form depends on nothing but the text; it changes with the grader's version only. Search merges answers by
 * it.
 */
export function answerNormalForm(answer: string): string {
  return answer.length > MAX_ANSWER_LENGTH ? answer.trim() : normalForm(parseAnswer(answer));
}

/** Normal form of an answer that was read. */
export function normalForm(answer: Answer): string {
  switch (answer.kind) {
    case "number":
      return numberNormalForm(answer.value) +
        (answer.unit === null || answer.unit === "degree" ? "" : ` ${answer.unit}`);
    case "words":
      return wordForm(answer.text);
    case "ratio":
      return answer.text.replace(/\s/g, "") + (answer.unit === null ? "" : ` ${answer.unit}`);
    case "list":
      return namedItems(answer.items).sort().join(",");
    case "union":
      return answer.items.map(normalForm).sort().join("\\cup ");
    case "group": {
      const items = answer.items.map(normalForm);
      if (answer.brackets === "\\{\\}") items.sort();
      return answer.brackets.slice(0, answer.brackets.length / 2) + items.join(",") +
        answer.brackets.slice(answer.brackets.length / 2);
    }
    case "matrix":
      return `[${answer.rows.map((row) => row.map(normalForm).join("&")).join("\\\\")}]`;
    case "equation":
      return equationForm(answer.name, answer);
    case "expression":
      return compactText(answer.text) + (answer.unit === null ? "" : ` ${answer.unit}`);
  }
}

/** The name of an unknown may be left out, but `y=5` is not `x=5`: only one name can go. */
function equationForm(name: string | null, answer: Answer & { kind: "equation" }): string {
  if (name === null) return compactText(answer.text);
  const value = normalForm(answer.value);
  return name === "x" ? value : `${name}=${value}`;
}

/** `x=2, y=3` keeps its names, which say what is what; `x=2, x=3` needs none. */
function namedItems(items: readonly Answer[]): string[] {
  const names = new Set(items.map((item) => item.kind === "equation" ? item.name : null));
  return items.map((item) =>
    names.size > 1 && item.kind === "equation" && item.name === "x"
      ? `x=${normalForm(item)}`
      : normalForm(item)
  );
}
