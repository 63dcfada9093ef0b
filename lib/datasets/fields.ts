/** Finds what a problem needs in a row, by the names under which published sets keep it. */
import type { FieldMapping } from "../core/mod.ts";

/** Names under which published sets keep each thing, best first; case, blanks and signs between words do not matter. */
const USUAL = {
  id: ["id", "unique_id", "idx", "index"],
  question: [
    ...[
      "question.problem",
      "question",
      "problem",
      "query",
      "prompt",
      "messages",
      "conversations",
      "instruction",
    ],
    ...[
      "problem_statement",
      "question_text",
      "problem_text",
      "sQuestion",
      "question.problem",
      "input",
    ],
  ],
  answer: [
    ...["answer", "final_answer", "ground_truth", "reward_model.ground_truth"],
    ...["expected_answer", "gold", "target", "correct_answer", "reference_answer", "gold_answer"],
    ...["ground_truth_answer", "final_ans", "golden", "answers", "lSolutions"],
    ...["question.ground_truth_answer", "messages.1.ground_truth.value"],
  ],
  level: ["level"],
  subject: ["subject", "type"],
} as const satisfies Record<keyof FieldMapping, readonly string[]>;

/** Names under which sets keep a whole solution, in which the answer must be looked for. */
const RATIONALES = [
  ...["solution", "response", "output", "rationale", "completion", "messages", "conversations"],
];

/** Parts that sets keep apart from a question, by the name that holds the rest: what stands before it, and behind it. */
const BEFORE = { question: ["body", "context", "passage"] } as const;
const BEHIND = { instruction: ["input"] } as const;

/** A value of a row and the path under which it stands, as the file spells it. */
export interface FoundField {
  readonly path: string;
  readonly value: unknown;
}

type Row = Readonly<Record<string, unknown>>;

/** The value of one of the things that a problem needs; `null` where the row has none. */
export function findField(
  row: Row,
  name: keyof FieldMapping,
  fields: FieldMapping = {},
): FoundField | null {
  const declared = fields[name];
  return firstOf(row, declared === undefined ? USUAL[name] : [declared]);
}

/** The whole solution of a row that has no answer of its own; `null` where it has none, or the answer's field is declared. */
export function findRationale(row: Row, fields: FieldMapping = {}): FoundField | null {
  return fields.answer === undefined ? firstOf(row, RATIONALES) : null;
}

/** The first name under which something stands; a name whose value is empty counts only where no other has one. */
function firstOf(row: Row, paths: readonly string[]): FoundField | null {
  let empty: FoundField | null = null;
  for (const path of paths) {
    const found = valueAt(row, path);
    if (found === null) continue;
    if (!isEmpty(found.value)) return found;
    empty ??= found;
  }
  return empty;
}

/** Names under which sets keep the pictures of a question. */
const PICTURES = ["image", "images", "image_1", "picture", "figure"];

/** Whether a picture belongs to a row's question. */
export function hasPicture(row: Row): boolean {
  const found = firstOf(row, PICTURES);
  return found !== null && !isEmpty(found.value);
}

/** Whether a value says nothing. */
export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined ||
    (typeof value === "string" && value.trim() === "") ||
    (Array.isArray(value) && value.length === 0);
}

/** The value at a path of names and list positions. A name that holds a dot itself is tried as it is first. */
function valueAt(row: Row, path: string): FoundField | null {
  const whole = keyOf(row, path);
  if (whole !== null) return { path: whole, value: row[whole] };
  let value: unknown = row;
  const taken: string[] = [];
  for (const part of path.split(".")) {
    if (Array.isArray(value) && /^\d+$/.test(part)) {
      value = value[Number(part)];
      taken.push(part);
      continue;
    }
    // What lies within nothing is nothing: a row without a reference, not one of another form.
    if (value === null) return { path, value };
    if (!isRow(value)) return null;
    const key = keyOf(value, part);
    if (key === null) return null;
    value = value[key];
    taken.push(key);
  }
  return value === undefined ? null : { path: taken.join("."), value };
}

function keyOf(row: Row, name: string): string | null {
  if (Object.hasOwn(row, name)) return name;
  const folded = foldName(name);
  return Object.keys(row).find((key) => foldName(key) === folded) ?? null;
}

/** `Final Answer`, `final_answer` and `finalAnswer` are one name. */
function foldName(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, "");
}

/** Whether a value is an object with names. */
export function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a list of chat messages. */
export function isMessages(value: unknown): value is readonly Row[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((item) => isRow(item) && ("role" in item || "from" in item));
}

/** Under which shape an object holds a question of its own: as text or messages, or as something else; `null` when it has none. */
export function questionShape(row: Row): "text" | "other" | null {
  const found = findField(row, "question");
  if (found === null) return null;
  return typeof found.value === "string" || isMessages(found.value) ? "text" : "other";
}

/**
 * A question as text: as it is, or what the user says last in a list of chat messages (`role` and `content`, or `from` and `value`).
 * A set that keeps the story apart (`body`, `context`) has it put in front, one that keeps the data of an instruction apart behind.
 *
 * @returns `null` when the value is neither.
 */
export function questionText(row: Row, { path, value }: FoundField): string | null {
  const text = typeof value === "string" ? plainText(value.trim()) : lastOfUser(value);
  if (text === null || text === "") return null;
  const parts = (names: readonly string[]) =>
    names.flatMap((name) => {
      const part = valueAt(row, name)?.value;
      return typeof part === "string" && part.trim() !== "" && !text.includes(part.trim())
        ? [part.trim()]
        : [];
    });
  const name = foldName(path);
  return [
    ...(name === "question" ? parts(BEFORE.question) : []),
    text,
    ...(name === "instruction" ? parts(BEHIND.instruction) : []),
  ].join(" ");
}

/** Text as it is; of messages that were written into a cell as JSON what the user says, `null` where Python wrote them. */
function plainText(text: string): string | null {
  if (!/^\[\s*\{\s*["'](role|from|content|value)["']\s*:/.test(text)) return text;
  try {
    return lastOfUser(JSON.parse(text));
  } catch {
    // The caller says that it is no question.
    return null;
  }
}

/** Last message of the assistant in a list of messages, `null` where there is none; any other value as it is. */
export function solutionText(value: unknown): unknown {
  return isMessages(value) ? lastOf(value, /^(assistant|gpt|model)$/i) : value;
}

function lastOfUser(value: unknown): string | null {
  return Array.isArray(value) ? lastOf(value.filter(isRow), /^(user|human)$/i) : null;
}

function lastOf(messages: readonly Row[], who: RegExp): string | null {
  const last = messages.findLast((message) =>
    who.test(String(message["role"] ?? message["from"] ?? ""))
  );
  return last === undefined ? null : contentText(last["content"] ?? last["value"]);
}

/** Text of a message, which may come in parts. */
function contentText(content: unknown): string | null {
  if (typeof content === "string") return content.trim();
  if (!Array.isArray(content)) return null;
  return content.filter(isRow).map(({ text }) => (typeof text === "string" ? text : "")).join("")
    .trim();
}
