/** Starter problems with wrong labels planted among them, and how well `suspect-labels` finds these. */
import { type Problem, randomInteger, seededRandom, shuffled } from "../../lib/core/mod.ts";
import { ANALYSES, runAnalysis, type SqlReader } from "../../lib/store/mod.ts";

/** Problems of which some have another reference than the right one. */
export interface PlantedLabels {
  readonly problems: readonly Problem[];
  /** Ids of those whose reference is wrong. */
  readonly wrong: ReadonlySet<string>;
}

/** How labels are planted. */
export interface PlantOptions {
  readonly count: number;
  /** Share of the references that are made wrong. */
  readonly share: number;
  readonly seed: number;
}

/** Furthest that a wrong reference is from the right one: near enough to look like a slip. */
const MAX_SLIP = 10;

/** Draws problems and makes the references of a share of them wrong. */
export function plantLabels(
  all: readonly Problem[],
  { count, share, seed }: PlantOptions,
): PlantedLabels {
  const random = seededRandom(seed);
  const drawn = shuffled(random, all).slice(0, count);
  const wrong = new Set(drawn.slice(0, Math.round(count * share)).map(({ id }) => id));
  const problems = shuffled(random, drawn).map((problem) => {
    if (!wrong.has(problem.id)) return problem;
    const slip = randomInteger(random, 1, MAX_SLIP) * (random() < 0.5 ? -1 : 1);
    return { ...problem, answer: String(Number(problem.answer) + slip) };
  });
  return { problems, wrong };
}

/** How well a round's suspects are the planted labels. */
export interface SuspectFigures {
  readonly round: number;
  /** Suspects that the round names. */
  readonly suspects: number;
  /** Share of the first twenty that are planted. */
  readonly precisionAt20: number;
  /** Share of all suspects that are planted. */
  readonly precision: number;
  /** Share of the planted ones among all suspects. */
  readonly recall: number;
  /** Lowest score of the first twenty. */
  readonly scoreAt20: number | null;
}

/** More suspects than any round has. */
const ALL = 1_000_000;

/** Compares a round's suspects with what was planted. */
export async function suspectFigures(
  reader: SqlReader,
  round: number,
  wrong: ReadonlySet<string>,
): Promise<SuspectFigures> {
  const analysis = ANALYSES.find(({ name }) => name === "suspect-labels");
  if (analysis === undefined) throw new Error("Cannot measure: there is no suspect-labels");
  const { columns, batches } = await runAnalysis(reader, analysis, { round, limit: ALL });
  const rows = (await Array.fromAsync(batches)).flat();
  const cell = (name: string) => rows.map((row) => row[columns.indexOf(name)]);
  const isPlanted = cell("problem_id").map((id) => wrong.has(String(id)));
  const share = (some: readonly boolean[]) => some.filter(Boolean).length / some.length;
  const score = cell("score")[19];
  return {
    round,
    suspects: rows.length,
    precisionAt20: share(isPlanted.slice(0, 20)),
    precision: share(isPlanted),
    recall: isPlanted.filter(Boolean).length / wrong.size,
    scoreAt20: typeof score === "number" ? score : null,
  };
}
