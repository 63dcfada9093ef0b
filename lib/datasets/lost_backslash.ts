/** Mends LaTeX that lost a backslash: `"\frac"` in JSON is a form feed and `rac`. */

/** First letter of the command that each control character swallowed. */
const LETTERS: Readonly<Record<string, string>> = {
  "\x07": "a",
  "\b": "b",
  "\f": "f",
  "\n": "n",
  "\r": "r",
  "\t": "t",
  "\v": "v",
};

/** Commands that are found behind their first letter. A line of a matrix may begin with `e^{t}`: `\\ne`, `\\nu` and `\\not` are not among them. */
const COMMANDS = new Set(
  ("alpha angle approx arccos arcsin arctan ast bar begin beta bf big bigl bigr binom bmod boxed bullet " +
    "flat footnotesize forall frac nabla neg neq ngeq nleq nmid notin nparallel nsubseteq " +
    "rangle rbrace rbrack rceil rfloor rho right rightarrow rm rtimes rvert " +
    "tan tanh tau tbinom text textbf textit textrm textup tfrac therefore theta tilde times to top triangle " +
    "varepsilon varphi vdots vec vee vert").split(" "),
);

/** Those of which no word is left behind a tab or line break, so that even a question shows what was lost: `heta`, but not `an`. */
const NO_WORDS = new Set(
  ("nabla neq ngeq nleq notin nsubseteq rho right rightarrow " +
    "tanh tbinom text textbf textit textrm tfrac therefore theta tilde times triangle").split(" "),
);

// deno-lint-ignore no-control-regex
const LOST = /([\x07\b\f\n\r\t\v])([A-Za-z]+)/g;

/** Control characters that no text of a problem has; white space is not among them. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** Which characters may be what is left of a command: line breaks and tabs of a question mostly are what they are. */
export type TextKind = "question" | "answer";

/** Puts lost backslashes back where what follows can only be a command. */
export function mendBackslashes(text: string, kind: TextKind): string {
  return text.replace(LOST, (whole, control: string, rest: string) => {
    const command = `${LETTERS[control]}${rest}`;
    return isLost(control, command, kind) ? `\\${command}` : whole;
  });
}

function isLost(control: string, command: string, kind: TextKind): boolean {
  const isLayout = /[\n\r\t]/.test(control);
  // Nobody means a bell or a form feed in an answer; scanned questions have some.
  if (!isLayout) return kind === "answer" || COMMANDS.has(command);
  return (kind === "question" ? NO_WORDS : COMMANDS).has(command);
}

/** The command of which an answer may be what is left when white space in front of it is taken off; `null` where it is none. */
export function doubtfulCommand(text: string): string | null {
  const rest = /^[\n\r\t](u|e|i|ot)(?![A-Za-z])/.exec(text);
  return rest === null ? null : `\\${LETTERS[text.charAt(0)]}${rest[1]}`;
}

/** The first control character of a text as `U+000C`; `null` where there is none. */
export function controlCharacter(text: string): string | null {
  const code = CONTROL.exec(text)?.[0].charCodeAt(0);
  return code === undefined ? null : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
