import { hashJson, isSameSpec, type Json, StoreError, UsageError } from "../core/mod.ts";
import { describeChange, specChanges } from "./spec_changes.ts";
import type { MatchRunRequest, OpenedRun, OpenRunRequest } from "./store.ts";

/** Part of a stored run that the choice needs. */
export interface StoredRun {
  readonly runNo: number;
  readonly name: string;
  readonly requestedName: string;
  readonly specHash: string;
  readonly spec: Json;
}

/** Eight bits of a tree's id. */
const MAX_RUNS = 255;

/** Which run a request opens (docs/architecture.md, "Runs"): the rule that every store follows. `runs` are in order of their numbers. */
export function chooseRun(runs: readonly StoredRun[], request: OpenRunRequest): OpenedRun {
  const same = matchRun(runs, request);
  if (same !== null) return same;
  const latest = namesakesOf(runs, request.name).at(-1);
  return {
    runNo: nextRunNo(runs),
    name: freeName(request.name, runs.map((run) => run.name)),
    specHash: hashJson(request.spec),
    isContinued: false,
    beside: latest === undefined
      ? null
      : { name: latest.name, changes: changesOf(latest, request) },
  };
}

/**
 * The run that a request continues; `null` if it starts one.
 *
 * @throws {UsageError} If it insists on a run that is not there.
 */
export function matchRun(
  runs: readonly StoredRun[],
  request: MatchRunRequest,
): OpenedRun | null {
  const { name, mode } = request;
  if (mode === "new") return null;
  const namesakes = namesakesOf(runs, name);
  const same = namesakes.findLast((run) => isSameSpec(request, run));
  if (same !== undefined) {
    const { runNo, specHash } = same;
    return { runNo, name: same.name, specHash, isContinued: true, beside: null };
  }
  if (mode === "continue") return null;
  const latest = namesakes.at(-1);
  throw new UsageError(
    `Cannot resume run "${name}": ` +
      (latest === undefined
        ? `there is none of this name; stored: ${runs.map((r) => r.name).join(", ") || "none"}`
        : `its settings differ: ${changesOf(latest, request).map(describeChange).join("; ")}`),
  );
}

/** Differences in meaning: a field that an earlier version did not have is none. */
function changesOf({ spec: stored }: StoredRun, { spec, upgrade }: MatchRunRequest) {
  return specChanges(upgrade === undefined ? stored : upgrade(stored), spec);
}

function namesakesOf(runs: readonly StoredRun[], name: string): readonly StoredRun[] {
  return runs.filter((run) => run.requestedName === name || run.name === name);
}

/**
 * The number of the next run; `runs` are in order of their numbers.
 *
 * @throws {StoreError} If all numbers are taken.
 */
export function nextRunNo(runs: readonly Pick<StoredRun, "runNo">[]): number {
  const next = (runs.at(-1)?.runNo ?? 0) + 1;
  if (next <= MAX_RUNS) return next;
  throw new StoreError(`Cannot start a run: the database holds ${MAX_RUNS}; use another file`);
}

/** A name that no run has: the wanted one, or `<wanted>-2`, `-3`, … */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name}-${number}`)) number++;
  return `${name}-${number}`;
}

/** The error of a name that no run has. */
export function unknownRunError(name: string, stored: readonly string[]): UsageError {
  return new UsageError(
    `Cannot use run "${name}": there is none of this name; stored: ${stored.join(", ") || "none"}`,
  );
}

/** The error of a new name that another run has. */
export function nameTakenError(name: string, to: string): UsageError {
  return new UsageError(
    `Cannot rename run "${name}" to "${to}": there is a run of this name already`,
  );
}

/** The error of deleting what something else was made from. */
export function derivedRunError(
  name: string,
  by: { readonly artifactId: number; readonly of: string | null },
): UsageError {
  const owner = by.of === null ? "no run" : `run "${by.of}"`;
  return new UsageError(
    `Cannot delete run "${name}": artifact ${by.artifactId} of ${owner} was made from one of its artifacts; ` +
      "delete that run first",
  );
}
