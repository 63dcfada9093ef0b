import { fileFault, UsageError } from "../../core/mod.ts";

/** How good what was looked at is: fine, worse than it could be, or in the way of a run. */
export type Level = "ok" | "warn" | "fail";

/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  readonly level: Level;
  /** Result of the check: what was found, or what is wrong and what to do about it; empty when the name says all. */
  readonly detail: string;
  /** Abilities of a server, with what follows from each. */
  readonly abilities?: readonly Ability[];
}

/** One thing that a server does or does not do. */
export interface Ability {
  readonly name: string;
  /** Behaviour that was seen. */
  readonly found: string;
  /** Consequence for a run; empty where nothing follows. */
  readonly consequence: string;
}

/** Takes findings as they come. */
export type Say = (finding: Finding) => void;

/** Result of a check: text that says what was found when all is fine, or something to warn of. */
export type Outcome = string | { readonly warning: string };

/** How long a check may take: whoever examines a sick machine must not wait for it for ever. */
const PATIENCE_MS = 180_000;

/**
 * Makes a check's outcome its finding. Whatever it throws, or if it does not end, is a failure of what is examined, never of the examination.
 *
 * @param patienceMs How long it may take. @default 180000
 */
export async function finding(
  name: string,
  check: () => Promise<Outcome> | Outcome,
  patienceMs: number = PATIENCE_MS,
): Promise<Finding> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new UsageError(`no answer within ${patienceMs / 1000} s`)),
    patienceMs,
  );
  try {
    const outcome = await Promise.race([Promise.resolve().then(check), late]);
    return typeof outcome === "string"
      ? { name, level: "ok", detail: outcome }
      : { name, level: "warn", detail: outcome.warning };
  } catch (error) {
    return { name, level: "fail", detail: causeOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Describes a thrown value in a line for people. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fault = fileFault(error);
  const text = error.message === "" ? error.name : error.message;
  return fault === null ? text : `${fault} (${text})`;
}

/** Shows a finding in a line, and below it what a server can do. */
export function findingLine({ name, level, detail, abilities = [] }: Finding): string {
  const mark = level === "fail" ? "FAIL" : level;
  const line = `${mark.padEnd(4)}  ${name}${detail === "" ? "" : `: ${detail}`}`;
  const width = (key: "name" | "found") => Math.max(0, ...abilities.map((one) => one[key].length));
  const [names, founds] = [width("name"), width("found")];
  const rows = abilities.map((one) =>
    `      ${one.name.padEnd(names)}  ${one.found.padEnd(founds)}  ${one.consequence}`.trimEnd()
  );
  return [line, ...rows].join("\n");
}

/** Counts findings by level. */
export function countLevels(findings: readonly Finding[]): Readonly<Record<Level, number>> {
  const count = (level: Level) => findings.filter((one) => one.level === level).length;
  return { ok: count("ok"), warn: count("warn"), fail: count("fail") };
}

/** Sums up an examination: how many of each, and what that means for a run. */
export function summaryLine(findings: readonly Finding[]): string {
  const { ok, warn, fail } = countLevels(findings);
  const many = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  const meaning = fail > 0
    ? "a run would stop, or could not be trusted, until every FAIL is mended"
    : warn > 0
    ? "runs work here; each warning says what would be better"
    : "this machine is ready";
  return `${ok} ok, ${many(warn, "warning")}, ${many(fail, "failure")}: ${meaning}`;
}
