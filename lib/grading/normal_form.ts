import { compactText } from "./normalize.ts";
import { numberNormalForm } from "./number.ts";
import { type Answer, parseAnswer } from "./structure.ts";

/**
 * One text per answer, as far as stage one can tell: equal values of numbers, and lists in any order, give equal text. Search merges
 * answers by it, votes group by it. Never merges answers that differ.
 */
export function answerNormalForm(answer: string): string {
  return normalForm(parseAnswer(answer));
}

/** Normal form of an answer that was read. */
export function normalForm(answer: Answer): string {
  switch (answer.kind) {
    case "number":
      return numberNormalForm(answer.value) +
        (answer.unit === null || answer.unit === "degree" ? "" : ` ${answer.unit}`);
    case "words":
      return answer.text.length === 1 ? answer.text : answer.text.toLowerCase();
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
      return answer.name === null ? compactText(answer.text) : normalForm(answer.value);
    case "expression":
      return compactText(answer.text) + (answer.unit === null ? "" : ` ${answer.unit}`);
  }
}

/** `x=2, y=3` keeps its names, which say what is what; `x=2, x=3` needs none. */
function namedItems(items: readonly Answer[]): string[] {
  const names = new Set(items.map((item) => item.kind === "equation" ? item.name : null));
  if (names.size < 2) return items.map(normalForm);
  return items.map((item) =>
    item.kind === "equation" && item.name !== null
      ? `${item.name}=${normalForm(item)}`
      : normalForm(item)
  );
}
