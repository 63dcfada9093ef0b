/**
 * The structure of a problem before it becomes text: who, what, which steps, which numbers.
 *
 * Levels unlock one another (docs/architecture.md, "starter"): what makes a problem hard is the number of its steps that carry a
 * misconception, and the later levels hold families that no earlier level has. A policy that has put the families of one level
 * right solves half of the next one.
 */
import { pick, type Random, randomInteger, shuffled } from "../core/mod.ts";
import { type Family, fillTemplate, type Tier } from "./family.ts";
import { MISCONCEPTION_FAMILIES } from "./misconception_families.ts";
import { PLAIN_FAMILIES } from "./plain_families.ts";
import { DISTRACTORS, NAMES, OBJECTS, OPENINGS, QUESTIONS } from "./vocabulary.ts";

/** Levels of difficulty, easiest first. */
export const LEVELS = [1, 2, 3, 4] as const;

/** Level of difficulty. */
export type Level = typeof LEVELS[number];

/** One sentence with a number that matters. */
export interface StoryStep {
  readonly family: Family;
  /** Index of the sentence among the family's phrasings (of the split's kind). */
  readonly phrasing: number;
  readonly operands: readonly number[];
  /** Value of the quantity after this step. */
  readonly value: number;
}

/** A sentence with a number that plays no part. */
export interface Distractor {
  readonly sentence: number;
  readonly number: number;
  /** The step that it stands before. */
  readonly before: number;
}

/** A problem as structure. */
export interface Story {
  readonly level: Level;
  readonly name: string;
  readonly objects: string;
  readonly opening: number;
  readonly closing: number;
  /** Quantity at the start. */
  readonly start: number;
  readonly steps: readonly StoryStep[];
  readonly distractors: readonly Distractor[];
  /** Whether the unseen phrasings, repeated families and two more steps are used. */
  readonly outOfDistribution: boolean;
}

/** Requirements of a level. */
export interface LevelRule {
  readonly steps: readonly [number, number];
  /** Misconception steps by tier. */
  readonly misconceptions: Readonly<Record<Exclude<Tier, "plain">, number>>;
  /** Share of problems that have none of them. */
  readonly plainShare: number;
}

/** Rules of the levels. The plain shares make up the quarter of all problems that the base model solves greedily. */
export const LEVEL_RULES: Readonly<Record<Level, LevelRule>> = {
  1: { steps: [2, 3], misconceptions: { basic: 1, middle: 0, late: 0 }, plainShare: 0.7 },
  2: { steps: [3, 4], misconceptions: { basic: 2, middle: 0, late: 0 }, plainShare: 0.08 },
  3: { steps: [4, 6], misconceptions: { basic: 2, middle: 2, late: 0 }, plainShare: 0 },
  4: { steps: [6, 8], misconceptions: { basic: 2, middle: 2, late: 2 }, plainShare: 0 },
};

/** Quantities stay within these bounds, so that every number has at most four digits. */
const BOUNDS = { low: 3, high: 3000 };

/** Options of {@linkcode drawStory}. */
export interface StoryOptions {
  readonly level: Level;
  readonly outOfDistribution: boolean;
}

/** Draws a story; repeats until the numbers come out whole and within bounds. */
export function drawStory(random: Random, options: StoryOptions): Story {
  for (;;) {
    const story = tryStory(random, options);
    if (story !== null) return story;
  }
}

function tryStory(random: Random, options: StoryOptions): Story | null {
  const { level, outOfDistribution } = options;
  const start = randomInteger(random, 12, 90);
  const steps: StoryStep[] = [];
  for (const family of drawFamilies(random, options)) {
    const x = steps.at(-1)?.value ?? start;
    const operands = family.drawOperands(random, x);
    if (operands === null) return null;
    const value = family.right.value(x, operands);
    if (value < BOUNDS.low || value > BOUNDS.high || value === x) return null;
    if (family.misconceived?.value(x, operands) === value) return null;
    const phrasing = randomInteger(random, 0, phrasings(family, outOfDistribution).length - 1);
    steps.push({ family, phrasing, operands, value });
  }
  if (isForgiving(steps, start)) return null;
  return {
    level,
    outOfDistribution,
    name: pick(random, NAMES),
    objects: pick(random, OBJECTS),
    opening: randomInteger(random, 0, OPENINGS.length - 1),
    closing: randomInteger(random, 0, QUESTIONS.length - 1),
    start,
    steps,
    distractors: drawDistractors(random, steps.length),
  };
}

/**
 * Whether some combination of misconceived moves ends in the right answer all the same. Such stories are not told: luck is to come
 * from compensation alone, whose rate is known, or the last level would be solved by errors that cancel.
 */
function isForgiving(steps: readonly StoryStep[], start: number): boolean {
  const answer = steps.at(-1)?.value;
  const reaches = (
    x: number,
    path: { readonly index: number; readonly erred: boolean },
  ): boolean => {
    const step = steps[path.index];
    if (step === undefined) return path.erred && x === answer;
    const { family, operands } = step;
    const index = path.index + 1;
    if (reaches(family.right.value(x, operands), { index, erred: path.erred })) return true;
    return family.misconceived !== null &&
      reaches(family.misconceived.value(x, operands), { index, erred: true });
  };
  return reaches(start, { index: 0, erred: false });
}

/** Families in order. Outside the out-of-distribution split a misconception appears at most once in a problem. */
function drawFamilies(random: Random, options: StoryOptions): Family[] {
  const rule = LEVEL_RULES[options.level];
  const [low, high] = rule.steps;
  const count = randomInteger(random, low, high) + (options.outOfDistribution ? 2 : 0);
  const chosen: Family[] = [];
  if (random() >= rule.plainShare) {
    for (const [tier, wanted] of Object.entries(rule.misconceptions)) {
      const families = MISCONCEPTION_FAMILIES.filter((family) => family.tier === tier);
      chosen.push(...shuffled(random, families).slice(0, wanted));
    }
    // The combination that no other split has: one misconception twice.
    if (options.outOfDistribution) chosen.push(pick(random, chosen));
  }
  while (chosen.length < count) chosen.push(pick(random, PLAIN_FAMILIES));
  return shuffled(random, chosen);
}

function drawDistractors(random: Random, stepCount: number): Distractor[] {
  const sentences = shuffled(random, DISTRACTORS.map((_, index) => index));
  return sentences.slice(0, randomInteger(random, 0, 2)).map((sentence) => ({
    sentence,
    number: randomInteger(random, 2, 60),
    before: randomInteger(random, 0, stepCount),
  }));
}

function phrasings(family: Family, outOfDistribution: boolean): readonly string[] {
  return outOfDistribution ? family.unseenPhrasings : family.phrasings;
}

/** The question as a reader sees it. */
export function storyText(story: Story): string {
  const { name, objects } = story;
  const fill = (template: string | undefined, operands: readonly number[]) =>
    fillTemplate(template ?? "", { name, objects, operands });
  const distractorsBefore = (index: number) =>
    story.distractors.filter((d) => d.before === index)
      .map((d) => fill(DISTRACTORS[d.sentence], [d.number]));
  return [
    fill(OPENINGS[story.opening], [story.start]),
    ...story.steps.flatMap((step, index) => [
      ...distractorsBefore(index),
      fill(phrasings(step.family, story.outOfDistribution)[step.phrasing], step.operands),
    ]),
    ...distractorsBefore(story.steps.length),
    fill(QUESTIONS[story.closing], []),
  ].join(" ");
}

/** Key of a problem apart from names and numbers: its sentences in order. Two problems of different splits never share it. */
export function templateKey(story: Story): string {
  const steps = story.steps.map((step) => `${step.family.name}:${step.phrasing}`);
  const distractors = story.distractors.map((d) => `${d.sentence}@${d.before}`).sort();
  const kind = story.outOfDistribution ? "unseen" : "seen";
  return [kind, story.opening, ...steps, ...distractors, story.closing].join(" ");
}

/** The numbers of a problem that matter, in order. Two problems of different splits never share them. */
export function numbersKey(story: Story): string {
  return [story.start, ...story.steps.flatMap((step) => step.operands)].join(" ");
}
