import { shortDuration } from "../../core/mod.ts";
import {
  armFigures,
  type ArmRow,
  type ClaimPart,
  type ClaimResult,
  compareArms,
  type PartResult,
  PRIMARY_CLAIMS,
} from "../../ablation/mod.ts";
import { chainConfig, type ScienceConfig, scienceSizes } from "../../config/mod.ts";
import { ablateGrid, figureGrids } from "../ablate/table.ts";
import { probabilityText } from "../../evaluation/mod.ts";
import { differenceCell, type Grid, markdownGrid, signed } from "../eval/table.ts";
import { totalUses, usesText } from "./suite_uses.ts";
import type { ScienceOutcome } from "./run_science.ts";
import { type DonePart, studyParts } from "./study.ts";

const NONE = "–";

/**
 * The plan of a study for people, with the claims that it is going to test.
 *
 * @throws {ConfigError} If the settings for evolve are none of it.
 */
export function scienceLines(config: ScienceConfig): readonly string[] {
  const sizes = scienceSizes(config);
  return [
    `${sizes.seeds} chains of ${sizes.rounds} rounds in ${config.db}, runs ${
      chainConfig(config, 0).run
    } and on`,
    ...studyParts(sizes).map(({ ablation, round, problems }) =>
      `Each: ${ablation.name}, round ${round}, on ${problems} problems of ${config.suite}`
    ),
    "Primary family, corrected together (Holm):",
    ...PRIMARY_CLAIMS.map(({ name, statement }) => `  ${name}: ${statement}`),
  ];
}

/** The study as Markdown, as `benchmarks/log` keeps it. */
export function scienceMarkdown(outcome: ScienceOutcome): string {
  const { sizes, suite, suiteUses, codeRev, finishedAt, seconds } = outcome;
  return [
    `## Science, ${finishedAt.toISOString().slice(0, 10)}, commit ${
      codeRev?.slice(0, 10) ?? "unknown"
    }`,
    `${sizes.seeds} chains of ${sizes.rounds} rounds; ${suite}: ${sizes.testPolicy} problems for policies alone, ${sizes.testSearch} for search, at most ${sizes.testCoverage} hard ones for coverage; ` +
    `${shortDuration(seconds)}. The starter world is a small test world: its scores say ` +
    "nothing about mathematics.",
    usesText(suiteUses, suite),
    ...(outcome.isQuick ? ["**Quick sizes: this exercises the study and shows nothing.**"] : []),
    ...(sizes.seeds < 5
      ? [
        `${sizes.seeds} seeds leave ${
          sizes.seeds - 1
        } degrees of freedom over seeds: the intervals are narrower than they should be.`,
      ]
      : []),
    markdownGrid(claimGrid(outcome.claims)),
    markdownGrid(partGrid(outcome.claims)),
    "Everything below is exploratory; its p-values are not corrected.",
    ...outcome.parts.flatMap(partGrids).map(markdownGrid),
  ].join("\n\n") + "\n";
}

/** Tables of a part: the scores of its arms, and what explains them (equal tokens, and how many traces hold a false step). */
function partGrids({ part: { ablation, round }, seeds }: DonePart): readonly Grid[] {
  const name = `${ablation.name}, round ${round}`;
  return [
    ablateGrid(`${ablation.question} (${name})`, compareArms(ablation.arms, seeds)),
    ...figureGrids(
      `What explains it (${name}): mean${seeds.length > 1 ? " (by seed)" : ""}`,
      armFigures(ablation.arms, seeds),
      { bySeed: true },
    ),
  ];
}

function claimGrid(claims: readonly ClaimResult[]): Grid {
  return {
    title:
      "Primary claims, declared in `lib/ablation/claims.ts`; p corrected over the family (Holm)",
    head: ["claim", "statement", "p", "corrected", "comes out"],
    rows: claims.map(({ claim, p, correctedP, holds }) => [
      ...[claim.name, claim.statement],
      ...(holds === null ? [NONE, NONE, "not measured whole"] : [
        probabilityText(p),
        probabilityText(correctedP),
        holds ? "yes" : "not shown",
      ]),
    ]),
  };
}

function partGrid(claims: readonly ClaimResult[]): Grid {
  return {
    title:
      "What they ask for: differences in points [95 % interval over seeds and problems, of the test that decides whether the part holds]",
    head: ["claim", "difference", "more than", "found", "by seed", "holds"],
    rows: claims.flatMap(({ claim, parts }) =>
      parts.map((part) => [
        claim.name,
        partName(part),
        signed(part.margin),
        ...foundCells(part),
      ])
    ),
  };
}

function partName({ more, less }: ClaimPart): string {
  return `${more} − ${less}`;
}

function foundCells({ difference, holds }: PartResult): readonly string[] {
  if (difference === null) return [NONE, NONE, "not measured"];
  return [
    differenceCell(difference),
    difference.perSeed.map(signed).join(" "),
    holds ? "yes" : "no",
  ];
}

/** One object for programs. Rates are fractions; `null` where nothing was measured. */
export function scienceJson(outcome: ScienceOutcome): string {
  const { sizes, suite, suiteUses, codeRev, seconds, isQuick } = outcome;
  return JSON.stringify({
    suite,
    seconds,
    seeds: sizes.seeds,
    rounds: sizes.rounds,
    suite_uses: totalUses(suiteUses),
    suite_uses_by_kind: suiteUses,
    quick: isQuick,
    code_rev: codeRev,
    finished_at: outcome.finishedAt.toISOString(),
    claims: outcome.claims.map(({ claim, parts, p, correctedP, holds }) => ({
      name: claim.name,
      p,
      corrected_p: correctedP,
      holds,
      parts: parts.map((part) => ({
        more: part.more,
        less: part.less,
        margin: part.margin,
        holds: part.holds,
        difference: part.difference?.difference ?? null,
        interval: part.difference === null
          ? null
          : [part.difference.interval.low, part.difference.interval.high],
        per_seed: part.difference?.perSeed ?? null,
      })),
    })),
    parts: outcome.parts.map(({ part, seeds }) => ({
      ablation: part.ablation.name,
      round: part.round,
      arms: compareArms(part.ablation.arms, seeds).map(armJson),
      figures: armFigures(part.ablation.arms, seeds).map(({ arm, figures, perSeed }) => ({
        arm,
        means: figures,
        per_seed: perSeed,
      })),
    })),
  });
}

function armJson({ metric, arm, estimate, interval, problems, perSeed, difference }: ArmRow) {
  return {
    metric,
    arm,
    estimate,
    problems,
    per_seed: perSeed,
    interval: [interval.low, interval.high],
    difference: difference?.difference ?? null,
    p: difference?.p ?? null,
  };
}
