/**
 * Writes a worked solution of a story in the trajectory format, as a careful author would, or as one who has misconceptions,
 * makes slips, and now and then counts an earlier step again without noticing that it had been wrong.
 */
import {
  answerSegment,
  END_OF_CODE,
  END_OF_STEP,
  outputBlock,
  pick,
  type Random,
  randomInteger,
} from "../core/mod.ts";
import { fillExpression, fillTemplate, type Tier } from "./family.ts";
import type { Story, StoryStep } from "./story.ts";

/** A probability for each tier that has misconceptions. */
export type TierRates = Readonly<Record<Exclude<Tier, "plain">, number>>;

/** How often the author of a solution goes wrong. All are probabilities per step. */
export interface AuthorRates {
  /** The misconceived move, by tier of the family. */
  readonly misconception: TierRates;
  /** A careless error: a number that is not in the text, a distractor, or a name that does not exist. */
  readonly slip: number;
  /** After a misconceived move of a tier: the next step starts from the right value after all. */
  readonly compensation: TierRates;
}

const NEVER: TierRates = { basic: 0, middle: 0, late: 0 };

/** An author who makes no error. */
export const CAREFUL_AUTHOR: AuthorRates = { misconception: NEVER, slip: 0, compensation: NEVER };

/** A solution in the format of a policy, with the values that its steps reach. */
export interface Solution {
  /** Everything after the prompt: segments and output, concatenated. */
  readonly response: string;
  /** Value of the quantity after each step, as this solution has it. */
  readonly values: readonly number[];
  /** Names of the steps that hold an error of any kind, by index. */
  readonly wrongSteps: readonly number[];
}

/** Name of the variable that holds the quantity after `step` steps (0 is the start): `a`, `b`, `c` … */
export function variableName(step: number): string {
  return String.fromCharCode("a".charCodeAt(0) + step);
}

/** The quantity that a step starts from: as text of the program, and its value. */
interface Source {
  readonly text: string;
  readonly value: number;
}

/** One written step. */
interface WrittenStep {
  readonly comment: string;
  readonly expression: string;
  readonly value: number;
  readonly isMisconceived: boolean;
  readonly isSlip: boolean;
  /** The right expression for the quantity after this step, in terms of the step before it. */
  readonly rightSource: Source;
}

/** Writes a solution. Equal stories, rates and random streams give equal text. */
export function writeSolution(
  story: Story,
  options: { readonly random: Random; readonly rates: AuthorRates },
): Solution {
  const { random, rates } = options;
  const written: WrittenStep[] = [];
  let source: Source = { text: variableName(0), value: story.start };
  for (const [index, step] of story.steps.entries()) {
    const current = writeStep(step, { story, source, index, random, rates });
    written.push(current);
    source = current.isMisconceived && random() < rateOf(step, rates.compensation)
      ? current.rightSource
      : { text: variableName(index + 1), value: current.value };
  }
  return {
    response: responseText(story, written),
    values: written.map((step) => step.value),
    wrongSteps: written.flatMap((step, index) => step.isMisconceived || step.isSlip ? [index] : []),
  };
}

interface StepOptions {
  readonly story: Story;
  readonly source: Source;
  readonly index: number;
  readonly random: Random;
  readonly rates: AuthorRates;
}

function writeStep(step: StoryStep, options: StepOptions): WrittenStep {
  const { story, source, index, random, rates } = options;
  const { family, operands } = step;
  const isMisconceived = random() < rateOf(step, rates.misconception);
  const move = (isMisconceived ? family.misconceived : null) ?? family.right;
  const slip = random() < rates.slip ? drawSlip(step, { story, index, random }) : null;
  const used = slip?.operands ?? operands;
  const right = fillExpression(family.right, { x: source.text, operands });
  return {
    comment: fillTemplate(pick(random, move.comments), {
      name: story.name,
      objects: story.objects,
      operands,
    }),
    expression: fillExpression(move, { x: slip?.source ?? source.text, operands: used }),
    value: move.value(source.value, used),
    isMisconceived,
    isSlip: slip !== null,
    rightSource: { text: `(${right})`, value: family.right.value(source.value, operands) },
  };
}

function rateOf(step: StoryStep, rates: TierRates): number {
  return step.family.tier === "plain" ? 0 : rates[step.family.tier];
}

/** Change that a slip makes: to the operands, or to the variable (to one that does not exist; the value is then what was meant). */
interface Slip {
  readonly operands?: readonly number[];
  readonly source?: string;
}

function drawSlip(
  step: StoryStep,
  options: { readonly story: Story; readonly index: number; readonly random: Random },
): Slip {
  const { story, index, random } = options;
  const kind = random();
  if (kind < 0.2) return { source: variableName(index + 2) };
  const position = randomInteger(random, 0, step.operands.length - 1);
  const replacement = kind < 0.5 && story.distractors.length > 0
    ? pick(random, story.distractors).number
    : (step.operands[position] ?? 0) + randomInteger(random, 1, 9);
  return { operands: step.operands.map((n, i) => i === position ? replacement : n) };
}

function responseText(story: Story, steps: readonly WrittenStep[]): string {
  const blocks = steps.map((step, index) => {
    const opening = index === 0 ? `${variableName(0)} = ${story.start}\n` : "";
    return `# Step ${index + 1}: ${step.comment}\n` +
      `${opening}${variableName(index + 1)} = ${step.expression}\n${END_OF_STEP}\n\n`;
  });
  const result = String(steps.at(-1)?.value ?? story.start);
  return `\n<code>\n${blocks.join("")}# Now print the final answer\n` +
    `print(${variableName(steps.length)})\n${END_OF_CODE}` +
    outputBlock(result) + answerSegment(result);
}
