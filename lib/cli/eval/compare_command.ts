import { Command, Option } from "commander";
import { UsageError } from "../../core/mod.ts";
import {
  compareEqualTokens,
  compareEvaluations,
  correctComparisons,
  CURVE_RULES,
  type CurveRule,
  type EqualTokenComparison,
} from "../../evaluation/mod.ts";
import { GRADER_VERSION } from "../../grading/mod.ts";
import type { EvaluationInfo, EvaluationStore } from "../../store/mod.ts";
import { databaseOption } from "../database_option.ts";
import { print } from "../terminal/output.ts";
import { comparisonJson } from "./figures.ts";
import { findEvaluations, labelOf, modeOf, openStored } from "./stored.ts";
import { terminalTable } from "../terminal/table.ts";
import { comparisonTable, equalTokenTable } from "./table.ts";

interface CompareOptions {
  readonly db: string;
  readonly equalTokens?: true;
  readonly rule: CurveRule;
  readonly commonOnly?: true;
  readonly grader: string;
  readonly seed: string;
  readonly json?: true;
}

interface Pair {
  readonly first: EvaluationInfo;
  readonly second: EvaluationInfo;
}

/** `eval compare A B`: is A better than B, on the same problems? */
export function compareCommand(): Command {
  return new Command("compare")
    .description(
      "Compare two evaluations of the same problems by what their modes are judged by: paired tests, corrected over suites; one question under two ids counts as " +
        "two problems here (tables of single evaluations cluster them)",
    )
    .argument("<first>", "number, or round-N")
    .argument("<second>", "number, or round-N")
    .addOption(databaseOption())
    .option("--equal-tokens", "give the second as many tokens a problem as the first used")
    .addOption(
      new Option("--rule <rule>", "with --equal-tokens: how the second makes one answer of several")
        .choices(CURVE_RULES).default("maj"),
    )
    .option("--common-only", "leave out problems that only one of them has finished")
    .option("--grader <version>", "grader whose verdicts count", GRADER_VERSION)
    .option("--seed <number>", "seed of the resampling", "0")
    .option("--json", "print one line of JSON")
    .action(compare);
}

async function compare(first: string, second: string, options: CompareOptions): Promise<void> {
  const seed = Number(options.seed);
  if (!Number.isSafeInteger(seed)) {
    throw new UsageError(`Cannot use --seed "${options.seed}": expected a whole number`);
  }
  await using store = await openStored(options.db);
  const all = await store.evaluations();
  const pairs = pairUp(findEvaluations(all, first), findEvaluations(all, second));
  const settings = {
    grader: options.grader,
    commonOnly: options.commonOnly === true,
    seed,
  };
  if (options.equalTokens) {
    const comparisons: (EqualTokenComparison & { readonly suite: string })[] = [];
    for (const pair of pairs) {
      const [method, baseline] = await sidesOf(pair, store);
      const comparison = compareEqualTokens(method, baseline, { ...settings, rule: options.rule });
      comparisons.push({ suite: pair.first.suite, ...comparison });
    }
    if (options.json) return print(JSON.stringify(comparisons.map(equalTokensJson)));
    return print(terminalTable(equalTokenTable(comparisons)));
  }
  const comparisons = [];
  for (const pair of pairs) {
    const [one, other] = await sidesOf(pair, store);
    comparisons.push({
      suite: pair.first.suite,
      comparison: compareEvaluations(one, other, settings),
    });
  }
  const corrected = correctComparisons(comparisons);
  if (options.json) return print(JSON.stringify(corrected.map(comparisonJson)));
  print(terminalTable(comparisonTable(corrected)));
  for (const { suite, won, lost } of corrected) {
    const ids = (changes: typeof won) =>
      changes.slice(0, 10).map(({ problemId }) => problemId).join(", ") +
      (changes.length > 10 ? ", …" : "");
    if (won.length > 0) print(`${suite}, won: ${ids(won)}`);
    if (lost.length > 0) print(`${suite}, lost: ${ids(lost)}`);
  }
}

/** Two numbers are compared as they stand; of two rounds, what has the same suite and mode. */
function pairUp(
  first: readonly EvaluationInfo[],
  second: readonly EvaluationInfo[],
): readonly Pair[] {
  const [one, other] = [first[0], second[0]];
  const pairs = first.length === 1 && second.length === 1 && one !== undefined &&
      other !== undefined
    ? [{ first: one, second: other }]
    : first.flatMap((info) => {
      const match = second.find(({ suite, mode }) => suite === info.suite && mode === info.mode);
      return match === undefined ? [] : [{ first: info, second: match }];
    });
  if (pairs.length === 0) {
    throw new UsageError(
      "Cannot compare: the two have no suite and mode in common; deno task eval list shows what is stored",
    );
  }
  const odd = pairs.find((pair) => pair.first.suite !== pair.second.suite);
  if (odd !== undefined) {
    throw new UsageError(
      `Cannot compare evaluations ${odd.first.evalId} and ${odd.second.evalId}: they measure ` +
        `"${odd.first.suite}" and "${odd.second.suite}"; expected the same problems`,
    );
  }
  return pairs;
}

async function sidesOf({ first, second }: Pair, store: EvaluationStore) {
  const side = async (info: EvaluationInfo) => ({
    label: labelOf(info),
    mode: modeOf(info),
    samples: await store.samples(info.evalId),
  });
  return [await side(first), await side(second)] as const;
}

function equalTokensJson(comparison: EqualTokenComparison & { readonly suite: string }) {
  const { suite, labels, metric, rule, problems, leftOut, cost, score, difference } = comparison;
  return {
    suite,
    method: labels[0],
    baseline: labels[1],
    metric,
    rule,
    problems,
    left_out: leftOut,
    tokens_per_problem: cost,
    method_value: score,
    baseline_value: comparison.baselineScore,
    baseline_samples: comparison.baselineSamples,
    difference: difference?.difference ?? null,
    interval: difference === null ? null : [difference.interval.low, difference.interval.high],
    p: difference?.p ?? null,
    beyond_curve: comparison.beyondCurve,
  };
}
