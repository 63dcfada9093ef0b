/**
 * The problem sets. Every sentence sequence and every sequence of numbers belongs, by its hash, to exactly one split; a problem
 * enters a split only when both of its keys belong there. Splits are therefore disjoint by construction, for any seed and size.
 */
import { hashSeed, type Problem, type Random, seededRandom } from "../core/mod.ts";
import { CAREFUL_AUTHOR, variableName, writeSolution } from "./solution.ts";
import { drawStory, type Level, numbersKey, type Story, storyText, templateKey } from "./story.ts";

/** Raised whenever the same seed would give other problems or solutions. */
export const GENERATOR_VERSION = 1;

/** `misconceptions`: the starter world. `control`: the same stories for a model that makes slips only. */
export const WORLDS = ["misconceptions", "control"] as const;

/** World of a problem set. */
export type World = typeof WORLDS[number];

/** Splits of a world; `ood` is out of distribution: unseen phrasings, repeated families, two steps more. */
export const SPLITS = ["train", "validation", "test", "ood"] as const;

/** Split of a world. */
export type Split = typeof SPLITS[number];

/** Cumulative shares of the hash range. */
const BUCKETS: readonly (readonly [Split, number])[] = [
  ["train", 0.5],
  ["validation", 0.65],
  ["test", 0.9],
  ["ood", 1],
];

/** Levels of twenty consecutive problems, so that any stretch of a set has the same mix. */
const LEVEL_CYCLE: readonly Level[] = [1, 2, 3, 2, 1, 3, 4, 1, 2, 3, 1, 2, 4, 1, 3, 2, 1, 2, 3, 4];

/** The split that a key belongs to. */
function bucketOf(key: string): Split {
  const position = hashSeed("starter bucket", key) / 2 ** 31;
  return BUCKETS.find(([, end]) => position < end)?.[0] ?? "ood";
}

/** Whether a story may stand in a split. */
export function belongsTo(story: Story, split: Split): boolean {
  if (bucketOf(numbersKey(story)) !== split) return false;
  return split === "ood" || bucketOf(templateKey(story)) === split;
}

/** Draws a story of a split. */
export function drawStoryOf(
  split: Split,
  options: { readonly random: Random; readonly level: Level },
): Story {
  for (;;) {
    const story = drawStory(options.random, {
      level: options.level,
      outOfDistribution: split === "ood",
    });
    if (belongsTo(story, split)) return story;
  }
}

/** Options of {@linkcode starterProblems}. */
export interface StarterProblemsOptions {
  readonly split: Split;
  readonly count: number;
  /** @default "misconceptions" */
  readonly world?: World;
  /** @default 1 */
  readonly seed?: number;
}

/**
 * Makes a problem set: no question twice, levels mixed as in `LEVEL_CYCLE`, the true value of every step in `meta.truth`.
 * Equal options give equal problems.
 */
export function starterProblems(options: StarterProblemsOptions): Problem[] {
  const { split, count, world = "misconceptions", seed = 1 } = options;
  const random = seededRandom(hashSeed("starter problems", world, split, seed));
  const source = world === "control" ? `starter_control_${split}` : `starter_${split}`;
  const problems: Problem[] = [];
  const questions = new Set<string>();
  while (problems.length < count) {
    const level = LEVEL_CYCLE[problems.length % LEVEL_CYCLE.length] ?? 1;
    const story = drawStoryOf(split, { random, level });
    const question = storyText(story);
    if (questions.has(question)) continue;
    questions.add(question);
    const number = String(problems.length + 1).padStart(6, "0");
    problems.push(toProblem(story, { id: `${source}/${number}`, source, world }));
  }
  return problems;
}

function toProblem(
  story: Story,
  options: { readonly id: string; readonly source: string; readonly world: World },
): Problem {
  const { values } = writeSolution(story, { random: () => 0, rates: CAREFUL_AUTHOR });
  const misconceptions = story.steps
    .filter((step) => step.family.misconceived !== null)
    .map((step) => step.family.name);
  return {
    id: options.id,
    source: options.source,
    question: storyText(story),
    answer: String(values.at(-1)),
    level: story.level,
    meta: {
      answerType: "integer",
      truth: values.map((value, index) => [variableName(index + 1), value]),
      misconceptions: options.world === "control" ? [] : misconceptions,
    },
  };
}
