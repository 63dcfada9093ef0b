/**
 * The prompt of round 1, for a general model that has never seen the format (docs/text_format.md, "Bootstrap prompt"): instructions, two worked
 * examples, the question. It never asks for reflection or correction.
 */
import { answerSegment, END_OF_CODE, END_OF_STEP, outputBlock, policyPrompt } from "../core/mod.ts";
import type { ChatMessage } from "../endpoint/policy.ts";

/** A worked example that the bootstrap prompt shows before the problem. */
export interface BootstrapExample {
  readonly question: string;
  /** Comment and code of every step; the last one prints. */
  readonly steps: readonly string[];
  readonly answer: string;
}

const INSTRUCTIONS = `Solve the mathematics problem step by step in Python.
Write three parts:
1. <code> opens the program. Each step is a comment that explains the reasoning, followed by a few lines of Python. Every step \
ends with a line <end_of_step>; steps share their variables. The last step prints the result and ends with a line <end_of_code>.
2. <output> is what the program printed. It is filled in for you.
3. <answer> states the result with the final value in \\boxed{} and ends with a line <end_of_answer>.
You may use the standard library, sympy and numpy. Write nothing outside of these parts.`;

/** The worked examples, one of plain arithmetic and one that solves an equation. */
export const BOOTSTRAP_EXAMPLES: readonly BootstrapExample[] = [
  {
    question:
      "A bakery bakes 14 trays of rolls with 24 rolls on each tray. It sells three quarters of them and packs the rest in bags " +
      "of 6. How many bags does it pack?",
    steps: [
      "# Step 1: Count all the rolls\nrolls = 14 * 24",
      "# Step 2: A quarter of the rolls is not sold\nunsold = rolls // 4",
      "# Step 3: Each bag holds 6 rolls\nbags = unsold // 6",
      "# Now print the final answer\nprint(bags)",
    ],
    answer: "14",
  },
  {
    question:
      "The sum of two numbers is 10 and the sum of their squares is 58. What is the larger of the two?",
    steps: [
      "# Step 1: Name one number x, so that the other one is 10 - x\nfrom sympy import symbols, solve\nx = symbols('x')",
      "# Step 2: Solve the equation for the sum of the squares\nroots = solve(x**2 + (10 - x)**2 - 58, x)",
      "# Step 3: The roots are the two numbers\nlarger = max(roots)",
      "# Now print the final answer\nprint(larger)",
    ],
    answer: "7",
  },
];

/**
 * An example in the layout that a general model is shown, from behind the prompt to the end. Behind a step stands one line break, not the
 * format's two: a prefix must be cut into the same tokens as the beginning of a longer text, and two line breaks at the end of a text are
 * one token to tokenizers that take them for two in front of more text (GPT-2's rules), while in front of them there is no boundary for
 * those that fuse `>` with both (Qwen's, Llama's).
 */
export function exampleSolution(example: BootstrapExample): string {
  const code = example.steps.join(`\n${STEP_BREAK}`);
  return `\n<code>\n${code}\n${END_OF_CODE}${outputBlock(example.answer)}${
    answerSegment(example.answer)
  }`;
}

/** A step's end and what belongs to it: a model that continues behind `<end_of_step>` alone would have to begin with half a token. */
const STEP_BREAK = `${END_OF_STEP}\n`;

/** A solution so far in the layout of the examples, up to where the model goes on. */
function shownSolution(solution: string): string {
  const shown = solution.replaceAll(`${END_OF_STEP}\n\n`, STEP_BREAK);
  return shown === "" || shown.endsWith(END_OF_STEP) ? `${shown}\n` : shown;
}

/** Text for a completion endpoint, to be continued behind the solution so far. */
export function bootstrapPrompt(question: string, solution: string): string {
  const examples = BOOTSTRAP_EXAMPLES.map((example) =>
    `${policyPrompt(example.question)}${exampleSolution(example)}`
  );
  const own = `${policyPrompt(question)}${shownSolution(solution)}`;
  return [INSTRUCTIONS, ...examples, own].join("\n\n");
}

/** Messages for a chat endpoint; the last one is the assistant's own solution so far, which it continues. */
export function bootstrapMessages(question: string, solution: string): readonly ChatMessage[] {
  const messages: ChatMessage[] = [{ role: "system", content: INSTRUCTIONS }];
  for (const example of BOOTSTRAP_EXAMPLES) {
    messages.push({ role: "user", content: example.question });
    messages.push({ role: "assistant", content: exampleSolution(example).trimStart() });
  }
  messages.push({ role: "user", content: question });
  if (solution !== "") {
    messages.push({ role: "assistant", content: shownSolution(solution).trimStart() });
  }
  return messages;
}
