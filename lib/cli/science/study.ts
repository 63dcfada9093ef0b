/** Parts of a study, in order: the chain of every seed, and the ablations that its claims are made of. */
import {
  type Ablation,
  type ArmMeasure,
  type MeasuredSeries,
  REWARD_ABLATION,
  ROUND_ABLATION,
  SEARCH_ABLATION,
  type SeedMeasure,
  type Series,
  SFT_ABLATION,
} from "../../ablation/mod.ts";
import type { ScienceSizes } from "../../config/mod.ts";

/** An ablation of a round, as a part of a study. */
export interface StudyPart {
  readonly ablation: Ablation;
  readonly round: number;
  /** Problems of the suite. */
  readonly problems: number;
  /** Name of a series of a claim, by arm and metric of the ablation. */
  readonly series: Readonly<Record<string, { readonly arm: string; readonly metric: string }>>;
}

const PASS = "pass@1";

/** Parts that are done with the chain of every seed, in this order. */
export function studyParts(sizes: ScienceSizes): readonly StudyPart[] {
  const rounds = Array.from({ length: sizes.rounds }, (_, index) => index + 1);
  return [
    ...rounds.map((round): StudyPart => ({
      ablation: ROUND_ABLATION,
      round,
      problems: sizes.testPolicy,
      series: {
        [`policy ${round - 1}`]: { arm: "before the round", metric: PASS },
        [`policy ${round}`]: { arm: "after the round", metric: PASS },
        [`hard coverage ${round - 1}`]: {
          arm: "before the round",
          metric: "solved by a fresh tree, level 3 and up",
        },
        [`hard coverage ${round}`]: {
          arm: "after the round",
          metric: "solved by a fresh tree, level 3 and up",
        },
      },
    })),
    ...rounds.filter((round) => round === 2 || round === 3).map((round): StudyPart => ({
      ablation: SEARCH_ABLATION,
      round,
      problems: sizes.testSearch,
      series: Object.fromEntries(
        SEARCH_ABLATION.arms.map(({ name }) => [`${name} ${round}`, { arm: name, metric: PASS }]),
      ),
    })),
    {
      ablation: SFT_ABLATION,
      round: 2,
      problems: sizes.testPolicy,
      series: Object.fromEntries(
        SFT_ABLATION.arms.map(({ name }) => [name, { arm: name, metric: PASS }]),
      ),
    },
    {
      ablation: REWARD_ABLATION,
      round: 2,
      problems: sizes.testSearch,
      series: Object.fromEntries(
        REWARD_ABLATION.arms.map(({ name }) => [
          name,
          { arm: name, metric: "guided search pass@1" },
        ]),
      ),
    },
  ];
}

/** A part with what it came to, seed by seed. */
export interface DonePart {
  readonly part: StudyPart;
  readonly seeds: readonly SeedMeasure[];
}

/** The series that claims are about, seed by seed. */
export function measuredSeries(
  done: readonly DonePart[],
  seeds: number,
): readonly MeasuredSeries[] {
  return Array.from({ length: seeds }, (_, seed) => {
    const series = new Map<string, Series>();
    for (const { part, seeds: measured } of done) {
      for (const [name, { arm, metric }] of Object.entries(part.series)) {
        const found = scoresOf(measured[seed]?.get(arm), metric);
        if (found !== undefined) series.set(name, found);
      }
    }
    return series;
  });
}

function scoresOf(measure: ArmMeasure | undefined, metric: string): Series | undefined {
  return measure?.scores.find((one) => one.metric === metric)?.scores;
}
