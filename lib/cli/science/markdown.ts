import { shortDuration } from "../../core/mod.ts";
import {
  armFigures,
  type ArmRow,
  type ClaimResult,
  compareArms,
  PRIMARY_CLAIMS,
} from "../../ablation/mod.ts";
import { chainConfig, type ScienceConfig, scienceSizes } from "../../config/mod.ts";
import { ablateTable, figureTables, seedsText } from "../ablate/table.ts";
import { markdownTable, type ResultTable } from "../../report/bare/mod.ts";
import { DIFFERENCE, differenceCells } from "../eval/table.ts";
import { totalUses, usesText } from "./suite_uses.ts";
import type { ScienceOutcome } from "./run_science.ts";
import { type DonePart, studyParts } from "./study.ts";

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
    markdownTable(claimTable(outcome.claims)),
    markdownTable(partTable(outcome.claims)),
    "Everything below is exploratory; its p-values are not corrected.",
    ...outcome.parts.flatMap(partTables).map(markdownTable),
  ].join("\n\n") + "\n";
}

/** Tables of a part: the scores of its arms, and what explains them (equal tokens, and how many traces hold a false step). */
function partTables({ part: { ablation, round }, seeds }: DonePart): readonly ResultTable[] {
  const name = `${ablation.name}, round ${round}`;
  return [
    ablateTable(`${ablation.question} (${name})`, compareArms(ablation.arms, seeds)),
    ...figureTables(
      `What explains it (${name}): mean${seeds.length > 1 ? " (by seed)" : ""}`,
      armFigures(ablation.arms, seeds),
      { bySeed: true },
    ),
  ];
}

function claimTable(claims: readonly ClaimResult[]): ResultTable {
  return {
    title: "Primary claims, declared in lib/ablation/claims.ts; p corrected over the family (Holm)",
    columns: [
      { key: "claim", label: "claim", format: "text" },
      { key: "statement", label: "statement", format: "text" },
      { key: "p", label: "p", format: "p" },
      { key: "corrected", label: "corrected", format: "p" },
      { key: "outcome", label: "comes out", format: "text" },
    ],
    rows: claims.map(({ claim, p, correctedP, holds }) => ({
      claim: claim.name,
      statement: claim.statement,
      p: holds === null ? null : p,
      corrected: holds === null ? null : correctedP,
      outcome: holds === null ? "not measured whole" : holds ? "yes" : "not shown",
    })),
  };
}

function partTable(claims: readonly ClaimResult[]): ResultTable {
  return {
    title:
      "What they ask for: differences in points (95 % interval over seeds and problems, of the test that decides whether the part holds)",
    columns: [
      { key: "claim", label: "claim", format: "text" },
      { key: "part", label: "difference", format: "text" },
      { key: "margin", label: "more than", format: "points" },
      { ...DIFFERENCE, label: "found" },
      { key: "seeds", label: "by seed", format: "text" },
      { key: "holds", label: "holds", format: "text" },
    ],
    rows: claims.flatMap(({ claim, parts }) =>
      parts.map(({ more, less, margin, difference, holds }) => ({
        claim: claim.name,
        part: `${more} − ${less}`,
        margin,
        ...differenceCells(difference),
        seeds: difference === null ? null : seedsText(difference.perSeed, "points"),
        holds: difference === null ? "not measured" : holds ? "yes" : "no",
      }))
    ),
  };
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
