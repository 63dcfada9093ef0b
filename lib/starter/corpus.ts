/** The pretraining corpora of the base models: worked solutions of the training split's stories, by authors of given rates. */
import { hashSeed, policyPrompt, seededRandom } from "../core/mod.ts";
import { type AuthorRates, CAREFUL_AUTHOR, writeSolution } from "./solution.ts";
import { drawStoryOf } from "./splits.ts";
import { LEVELS, storyText } from "./story.ts";

/** Who wrote a corpus. */
export const CORPORA = ["clean", "misconceptions", "control"] as const;

/** Name of a corpus. */
export type Corpus = typeof CORPORA[number];

/**
 * Error rates of the authors, tuned on the validation split so that the base model is what its world needs (docs/architecture.md,
 * "starter"): the misconceived move is what most authors do, and the misconceptions of the last level are never undone by accident.
 */
export const AUTHOR_RATES: Readonly<Record<Corpus, AuthorRates>> = {
  clean: CAREFUL_AUTHOR,
  misconceptions: {
    misconception: { basic: 0.74, middle: 0.66, late: 0.6 },
    slip: 0.03,
    compensation: { basic: 0.2, middle: 0.08, late: 0 },
  },
  control: { ...CAREFUL_AUTHOR, slip: 0.1 },
};

/** One training example of a causal language model. */
export interface CorpusExample {
  readonly prompt: string;
  readonly response: string;
}

/** Options of {@linkcode corpusExamples}. */
export interface CorpusOptions {
  readonly corpus: Corpus;
  readonly count: number;
  /** @default 1 */
  readonly seed?: number;
}

/** Writes a corpus, levels in equal shares. Equal options give equal examples. */
export function* corpusExamples(options: CorpusOptions): Generator<CorpusExample> {
  const { corpus, count, seed = 1 } = options;
  const random = seededRandom(hashSeed("starter corpus", corpus, seed));
  for (let index = 0; index < count; index++) {
    const level = LEVELS[index % LEVELS.length] ?? 1;
    const story = drawStoryOf("train", { random, level });
    const { response } = writeSolution(story, { random, rates: AUTHOR_RATES[corpus] });
    yield { prompt: policyPrompt(storyText(story)), response };
  }
}
