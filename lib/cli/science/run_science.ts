import {
  type ClaimResult,
  PRIMARY_CLAIMS,
  type SeedMeasure,
  testClaims,
} from "../../ablation/mod.ts";
import {
  ablateSizes,
  chainConfig,
  passedOn,
  type ScienceConfig,
  type ScienceSizes,
  scienceSizes,
} from "../../config/mod.ts";
import { openReader } from "../reader.ts";
import type { AblateSettings } from "../ablate/ablate_settings.ts";
import { runAblate } from "../ablate/run_ablate.ts";
import { planEvolve } from "../evolve/plan.ts";
import { runEvolve } from "../evolve/run_evolve.ts";
import { codeRevision } from "../host.ts";
import { notice } from "../terminal/output.ts";
import { countSuiteUses, type SuiteUses } from "./suite_uses.ts";
import { type DonePart, measuredSeries, type StudyPart, studyParts } from "./study.ts";

/** Result of a study. */
export interface ScienceOutcome {
  readonly sizes: ScienceSizes;
  readonly suite: string;
  readonly isQuick: boolean;
  readonly claims: readonly ClaimResult[];
  /** Exploratory: everything that was measured. */
  readonly parts: readonly DonePart[];
  /** Uses of the suite by what the database holds, this study included. */
  readonly suiteUses: SuiteUses;
  readonly codeRev: string | null;
  readonly finishedAt: Date;
  /** Seconds of this process. */
  readonly seconds: number;
}

/**
 * Does what is left of a study: for every seed a chain of rounds of its own, then the ablations of its rounds. What is stored is found,
 * so that the same command goes on wherever it ended.
 *
 * @throws {Interrupted} After SIGINT or SIGTERM; everything that was finished is stored.
 * @throws {UsageError} If settings contradict each other, or a round gives too little to compare.
 * @throws {InfrastructureError} If something cannot be started, or fails.
 */
export async function runScience(config: ScienceConfig): Promise<ScienceOutcome> {
  const startedMs = performance.now();
  const sizes = scienceSizes(config);
  const parts = studyParts(sizes);
  const say = config.quiet ? () => {} : notice;
  let { suite } = config;
  const measured = new Map<StudyPart, SeedMeasure[]>(parts.map((part) => [part, []]));
  for (let seed = 0; seed < sizes.seeds; seed++) {
    const chain = chainConfig(config, seed);
    say(`Seed ${seed + 1} of ${sizes.seeds}: the chain, run "${chain.run}"`);
    const { run } = await runEvolve(chain, await planEvolve(chain));
    for (const part of parts) {
      say(`Seed ${seed + 1} of ${sizes.seeds}: ${part.ablation.name}, round ${part.round}`);
      const { base } = chain;
      const outcome = await runAblate(
        ablationOf(config, { part, run, base, sizes }),
        part.ablation,
      );
      measured.get(part)?.push(...outcome.result.measured);
      suite = outcome.suite;
    }
  }
  const done = parts.map((part) => ({ part, seeds: measured.get(part) ?? [] }));
  return {
    sizes,
    suite,
    isQuick: config.quick,
    parts: done,
    claims: testClaims(PRIMARY_CLAIMS, measuredSeries(done, sizes.seeds)),
    suiteUses: await readSuiteUses(config.db, suite),
    codeRev: await codeRevision(),
    finishedAt: new Date(),
    seconds: (performance.now() - startedMs) / 1000,
  };
}

/** One seed: the chain itself is repeated. */
function ablationOf(
  config: ScienceConfig,
  { part, run, base, sizes }: {
    readonly part: StudyPart;
    readonly run: string;
    readonly base: string | undefined;
    readonly sizes: ScienceSizes;
  },
): AblateSettings {
  return {
    ...passedOn(config),
    run,
    base,
    round: part.round,
    suite: config.suite,
    control: null,
    sizes: ablateSizes({
      quick: config.quick,
      seeds: 1,
      evalProblems: part.problems,
      evalSearch: Math.min(part.problems, sizes.testCoverage),
      rollouts: [sizes.rollouts],
    }),
  };
}

async function readSuiteUses(db: string, suite: string): Promise<SuiteUses> {
  using reader = await openReader(db);
  return await countSuiteUses(reader, suite);
}
