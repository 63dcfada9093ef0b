/** Counts of test runs: what `deno test` writes as JUnit, and sums of several. */
import { z } from "zod";

/** A failed test of a JUnit report: its name and its message. */
const FAILURE = /<testcase name="([^"]*)"[^>]*>\s*<failure message="[^"]*">([^]*?)<\/failure>/g;

/** Why a test is skipped, at the end of its name. */
const REASON = /\([^()]+\)$/;

/** Lines of a failed test's message that are repeated at the end. */
const MESSAGE_LINES = 6;

/** Counts of one unit of the gate. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
  /** Name and beginning of the message of each failed test: the end of a log is what people see first. */
  readonly failures: readonly string[];
}

/** Counts of a unit that only passes or fails: a linter, a type check. */
export function tallyOfCheck(name: string, ok: boolean): Tally {
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [], failures: ok ? [] : [name] };
}

/**
 * Counts of a JUnit report. A suite that broke before its tests counts as one failure, and so does a test that is skipped without a
 * reason.
 *
 * @param ok Whether the run exited with 0.
 */
export function tallyOfJunit(xml: string, ok: boolean): Tally {
  const numbers = z.coerce.number();
  const sum = (name: string) =>
    [...xml.matchAll(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`, "g"))]
      .reduce((total, match) => total + numbers.parse(match[1]), 0);
  const failed = sum("failures") + sum("errors");
  const skipped = [...xml.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<skipped/g)]
    .map((match) => match[1] ?? "");
  const unexplained = skipped.filter((name) => !REASON.test(name));
  const failures = [...xml.matchAll(FAILURE)].map((match) =>
    `${match[1]}\n${(match[2] ?? "").split("\n").slice(0, MESSAGE_LINES).join("\n")}`
  );
  return {
    passed: sum("tests") - failed - sum("disabled"),
    failed: (ok ? failed : Math.max(1, failed)) + unexplained.length,
    skipped,
    failures: [
      ...failures,
      ...unexplained.map((name) =>
        `${name}\nskipped without a reason: put one at the end of its name, in brackets`
      ),
    ],
  };
}

/** Sum of counts. */
export function sumTallies(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((sum, tally) => sum + tally.passed, 0),
    failed: tallies.reduce((sum, tally) => sum + tally.failed, 0),
    skipped: tallies.flatMap((tally) => tally.skipped),
    failures: tallies.flatMap((tally) => tally.failures),
  };
}
