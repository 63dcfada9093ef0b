/**
 * The stop string of a text whose server cut it off and does not say which: what the format wants where the text ends. Only for servers
 * that were seen to do so, because a text that its model ended by itself looks alike.
 */
import { ANSWER, END_OF_ANSWER, END_OF_CODE, END_OF_STEP } from "../core/mod.ts";

/** A text, and the stop string that ended it. */
export interface InferredStop {
  readonly text: string;
  readonly stop: string;
}

/** Smallest piece of a stop string that no text ends with by chance. */
const TELLING_PIECE = "<end_".length;

/** Finds the stop string; `null` where the text is no complete step, program or answer. */
export function inferredStop(whole: string, stops: readonly string[]): InferredStop | null {
  const { text, possible } = withoutPiece(whole, stops);
  const stop = stopThatFits(text, possible);
  return stop === null ? null : { text, stop };
}

/** Whether a text ends with the beginning of a stop string: then its server cut one. */
export function endsInPiece(text: string, stops: readonly string[]): boolean {
  return withoutPiece(text, stops).text !== text;
}

function withoutPiece(
  text: string,
  stops: readonly string[],
): { readonly text: string; readonly possible: readonly string[] } {
  const longest = Math.max(0, ...stops.map((stop) => stop.length - 1));
  for (let length = longest; length >= TELLING_PIECE; length--) {
    const possible = stops.filter((stop) =>
      length < stop.length && text.endsWith(stop.slice(0, length))
    );
    if (possible.length > 0) return { text: text.slice(0, -length), possible };
  }
  return { text, possible: stops };
}

function stopThatFits(text: string, stops: readonly string[]): string | null {
  const [only] = stops;
  const opening = text.lastIndexOf("<code>");
  const hasBox = /\\boxed\s*\{[^]*\}/.test(text);
  if (text.includes(ANSWER) || (opening < 0 && hasBox)) {
    return hasBox && stops.includes(END_OF_ANSWER) ? END_OF_ANSWER : null;
  }
  const code = opening < 0 ? text : text.slice(opening + "<code>".length);
  if ((opening < 0 && !beginsLikeCode(code)) || !isComplete(code)) return null;
  if (stops.length === 1 && only !== undefined && only !== END_OF_ANSWER) return only;
  // The last step prints the result (lib/domain/bootstrap_prompt.ts).
  const prints = /^print\s*\(/.test(code.trimEnd().split("\n").at(-1) ?? "");
  const wanted = prints || !stops.includes(END_OF_STEP) ? END_OF_CODE : END_OF_STEP;
  return stops.includes(wanted) ? wanted : null;
}

function beginsLikeCode(code: string): boolean {
  return /^\s*(#|import |from |def |for |while |if |print\s*\(|[A-Za-z_][\w.,[\] ]*\s*[-+*/]?=[^=])/
    .test(code);
}

/** Whether code may end where it does: something runs, every bracket and string is closed, and no operand or block is missing. */
function isComplete(code: string): boolean {
  const bare = code.replaceAll(
    /"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
    "0",
  )
    .replaceAll(/#.*/g, "").trim();
  const depth = [...bare].reduce(
    (open, one) => open + ("([{".includes(one) ? 1 : ")]}".includes(one) ? -1 : 0),
    0,
  );
  return bare !== "" && depth === 0 && !/["']|[\\,:=+\-*/%<>&|^~.]$/.test(bare);
}
