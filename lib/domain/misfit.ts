/** Ways in which candidates fail, fine enough that each has a cure of its own. */
import { ANSWER, END_OF_ANSWER, END_OF_CODE, END_OF_OUTPUT, END_OF_STEP } from "../core/mod.ts";
import type { Completion } from "../endpoint/policy.ts";
import type { Segment, StepCheck } from "./domain.ts";

/** How a model is asked, as far as the cure depends on it. */
export interface Asked {
  readonly prompt: "trained" | "bootstrap";
  readonly api: "completions" | "chat";
  /** Size of one draw. @default step */
  readonly draw?: "step" | "solution" | undefined;
}

/** A way of failing. */
export interface Misfit {
  /** In few words: candidates that fail in the same way have the same. */
  readonly kind: string;
  /** The likely cure, as the end of a sentence. */
  readonly cure: string;
}

const STOPS = [END_OF_STEP, END_OF_CODE, END_OF_ANSWER] as const;

/** Tokens of control that a server failed to take for an end. */
const ONLY_CONTROL = /^(?:\s|<\|[\w-]{1,40}\|>|<\/?s>|<eos>|<end_of_turn>)*$/;
const REASONING = /<(?:think|thinking|reasoning|thought)>|<\|channel\|>/i;
const ASK_THE_SERVER = "deno task doctor --policy URL says what the server does with stop strings";

/** Says in which way a candidate that is no segment of the format fails it. */
export function misfitOfText(
  { text, stopString }: Pick<Completion, "text" | "stopString">,
  { failure, asked }: { readonly failure: NonNullable<Segment["failure"]>; readonly asked: Asked },
): Misfit {
  if (REASONING.test(text)) return reasoning(failure);
  if (stopString !== null) return stoppedAt(stopString, asked);
  if (STOPS.some((stop) => text.includes(stop))) {
    return {
      kind: "went on behind a stop string",
      cure: `the server does not stop where it is asked to; ${ASK_THE_SERVER}`,
    };
  }
  if (failure === "truncated") {
    return {
      kind: "cut at search.maxTokens without the end of a step",
      cure: `raise search.maxTokens where steps are that long; otherwise ${formatUnknown(asked)}`,
    };
  }
  return endedByItself(text, asked);
}

function reasoning(failure: NonNullable<Segment["failure"]>): Misfit {
  return failure === "truncated"
    ? {
      kind: "reasoning text up to search.maxTokens",
      cure: "raise search.maxTokens, or turn the model's thinking off at the server",
    }
    : {
      kind: "reasoning text in place of a step",
      cure:
        "turn the model's thinking off at the server, or take a model that does not think aloud",
    };
}

/** The stop string came, and what stands before it is nothing that may stand there. */
function stoppedAt(stopString: string, asked: Asked): Misfit {
  switch (stopString) {
    case END_OF_ANSWER:
      return {
        kind: "an answer without a box or before the program has ended",
        cure: `the model does not keep to the format: ${otherWay(asked)}`,
      };
    case END_OF_OUTPUT:
      return {
        kind: "an output that the model wrote itself",
        cure: `the model makes up what its programs print: ${otherWay(asked)}`,
      };
    default:
      return {
        kind: `${stopString} without code that can be read`,
        cure: `the model does not keep to the format: ${otherWay(asked)}`,
      };
  }
}

/** The model ended its text before any stop string. */
function endedByItself(text: string, asked: Asked): Misfit {
  if (ONLY_CONTROL.test(text)) {
    return {
      kind: "a lone end of sequence",
      cure: asked.api === "chat"
        ? "the model takes the message that it should continue for finished: --policy-api completions where the server has that route"
        : `the model takes the text so far for finished: ${formatUnknown(asked)}`,
    };
  }
  const kind = text.includes("```")
    ? "a program in Markdown fences, no <end_of_step> or <end_of_code>"
    : text.includes("<code>") || text.includes(ANSWER)
    ? "an opening mark, and no <end_of_step>, <end_of_code> or <end_of_answer>"
    : "only prose, no mark of the format";
  return {
    kind,
    cure: `${
      formatUnknown(asked)
    }, or it ends there because a stop string was cut off: ${ASK_THE_SERVER}`,
  };
}

function formatUnknown(asked: Asked): string {
  return `the model does not know the format: ${otherWay(asked)}`;
}

function otherWay({ prompt, api, draw }: Asked): string {
  if (prompt === "trained") {
    return "ask a general model with worked examples (--preset general --policy-api chat; eval: --prompt bootstrap), and this way only " +
      "one that was trained on the format";
  }
  if (draw === "solution") {
    return "it was asked for a whole Python program, so take a stronger instruct or code model";
  }
  return api === "completions"
    ? "--preset general --policy-api chat for a general (instruct) model"
    : "--preset general asks for whole programs instead of steps of the format, or take a stronger model";
}

/** Says in which way the code of a candidate failed, which was read and ran. */
export function misfitOfCode({ evidence }: Pick<StepCheck, "evidence">): Misfit {
  const status = evidence?.status ?? "error";
  if (status !== "error") return { kind: `code: ${status}`, cure: cureOfLimit(status) };
  const type = evidence?.errorType ?? "error";
  return { kind: `code: ${type}`, cure: CURES_OF_ERRORS.get(type) ?? LOOK };
}

const LOOK = "deno task sql errors and deno task view show what was run";

function cureOfLimit(status: string): string {
  const cures: Readonly<Record<string, string>> = {
    timeout: "raise the time limit of a step, or take easier problems",
    memory: "raise the memory limit of a step",
  };
  return `${cures[status] ?? "the programs print without end"}; ${LOOK}`;
}

/** A map: a program may name its exception `constructor`. */
const CURES_OF_ERRORS = new Map<string, string>(Object.entries({
  SyntaxError:
    `the model writes something else than Python between the marks, or continues a step in its middle; ${LOOK}`,
  IndentationError: `the model continues a step in its middle; ${LOOK}`,
  NameError: `the model uses names that no earlier step has made; ${LOOK}`,
  ModuleNotFoundError:
    `steps can import what the environment of steps holds and nothing else; ${LOOK}`,
  AssertionError:
    `the model's own checks of its steps fail: its mathematics is wrong, or its checks are; ${LOOK}`,
  CodeTooLong: "lower search.maxTokens",
}));
