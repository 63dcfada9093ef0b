import { findFormulas, withoutFormulas } from "./formulas.ts";
import { unquote } from "./normalize.ts";

/** The first sentence of a text. A full stop ends it unless it stands between digits or inside maths. */
export function sentenceOf(input: string): string {
  const text = input.trim();
  let inMaths = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") {
      const next = text[++i];
      if (next === "(" || next === "[") inMaths = true;
      else if (next === ")" || next === "]") inMaths = false;
    } else if (text[i] === "$") {
      // `$$` is one sign.
      if (text[i + 1] === "$") i++;
      inMaths = !inMaths;
    } else if (!inMaths && endsSentence(text, i)) return text.slice(0, i).trim();
  }
  return text;
}

function endsSentence(text: string, at: number): boolean {
  const sign = text[at];
  if (sign === "\n") return true;
  // A text that begins with a full stop has not ended there.
  return at > 0 && (sign === "。" || (sign === "." && /\s/.test(text[at + 1] ?? " ")));
}

/** Marks of chat formats that a server left in a reply; what follows is no part of it. */
const END_OF_REPLY =
  /<\||<\/?s>|<\/answer>|<(?:eos|end_of_turn|end_of_answer|im_end)>|\[\/?INST\]|```|<\/?(?:div|span)\b/;
const FILLERS =
  /^(?:[:=]|just|simply|exactly|precisely|only|clearly|indeed|always|thus|therefore|hence|now|equal to|given by|found to be|therefore,|option|choice)\s+(?=\S)|^(?:in|at|on|around|a total of|the\s(?:ordered\s)?(?:point|pair|triple|number|value|fraction|integer|interval|set|vector|matrix|expression|function|equation))\s+(?=[-\d$([\\])/i;

/** Where a remark begins behind a value: in brackets, behind a comma or a dash, or as a clause. */
const REMARK = new RegExp(
  [
    String.raw`\s[(\[](?!\s?(?:mod|base|in base|binary|octal|hex)\b)(?=[^()\[\]]*\p{L}{3})`,
    String.raw`\s?[,;]\s(?!(?:and|or)\b)(?=\p{L}{2,}(?!\s?[=(){}^_+*/\\-]))`,
    String.raw`\s?[,;]\s(?=(?:i\.e|e\.g)\b)`,
    String.raw`\s[—–-]+\s(?=\p{L}{2})`,
    String.raw`[—–](?=\p{L}{2})`,
    String
      .raw`\s(?=(?:because|since|as|so|which|that|where|when|while|by|after|for|if|given|rather than|instead of|and not|but not|altogether|overall|i\.e|e\.g|in (?:total|all|the|fact|other|each|order|this))\b)`,
    String.raw`\s(?:⇒|→|=>|\|)\s`,
  ].join("|"),
  "gu",
);

/**
 * The value that a sentence gives, without what is said about it: `58 (marbles)`, `58, as required`, `58 because …`, `"58"`.
 *
 * @returns `null` where the sentence is prose, from which a value must still be picked.
 */
export function statedValue(sentence: string): string | null {
  const end = sentence.search(END_OF_REPLY);
  let text = unwrap(end < 0 ? sentence : sentence.slice(0, end));
  for (let before = ""; before !== text;) {
    before = text;
    text = text.replace(FILLERS, "");
  }
  if (text === "") return null;
  const head = withoutRemark(text);
  if (head !== null) return head;
  return isProse(withoutFormulas(text)) ? null : text;
}

/** Takes quotes, emphasis, pictures and the end of a sentence off. A `!` behind a number in prose is no factorial. */
function unwrap(text: string): string {
  let result = text.trim();
  for (let before = ""; before !== result;) {
    before = result;
    result = unquote(result).replace(/[.:;!?]+$/, "").trim();
  }
  return result;
}

/** Said of any answer, be it a value or a word. */
const OF_COURSE =
  /^\s?,\s(?:of course|indeed|obviously|clearly|naturally|as (?:required|expected|desired|claimed|wanted|shown|stated|needed))\b/i;

/** The text before its first remark, where that is a value and no prose itself. */
function withoutRemark(text: string): string | null {
  const formulas = findFormulas(text);
  for (const { index } of text.matchAll(REMARK)) {
    if (formulas.some(({ start, end }) => start < index && index < end)) continue;
    const head = unwrap(text.slice(0, index));
    if (isWithinBrackets(head) || /[,;]\s?$/.test(head)) continue;
    const isValue = /\d|\$|\\[a-zA-Z(]/.test(head) ||
      /^(?:\(?[A-Z]\)?|yes|no|true|false)$/i.test(head) ||
      OF_COURSE.test(text.slice(index));
    return isValue && !isProse(withoutFormulas(head)) ? head : null;
  }
  return null;
}

function isWithinBrackets(text: string): boolean {
  let depth = 0;
  for (const sign of text) {
    if (/[([{]/.test(sign)) depth++;
    else if (/[)\]}]/.test(sign)) depth--;
  }
  return depth > 0;
}

/** Whether a text is sentences, as opposed to a value with a unit or a list with "and". */
export function isProse(text: string): boolean {
  if (/\p{Script=Han}{2,}/u.test(text)) return true;
  const bare = text.replace(/\\(?:begin|end)\s?(?:\{\w*\*?\}\s?)+|\\[a-zA-Z]+/g, " ");
  const words = bare.match(/\p{L}{2,}/gu) ?? [];
  return words.filter((word) => !/^(?:and|or)$/i.test(word)).length >= 3;
}
