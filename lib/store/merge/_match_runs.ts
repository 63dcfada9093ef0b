import type { Json } from "../../core/mod.ts";
import { describeChange, specChanges } from "../spec_changes.ts";
import { freeName, nextRunNo } from "../_choose_run.ts";

/** A run of one of the databases that are merged. */
export interface MergedRun {
  readonly runNo: number;
  /** Identity of the row: copies of a database share it. */
  readonly runId: string;
  readonly name: string;
  readonly requestedName: string;
  readonly command: string;
  readonly spec: Json;
  readonly specHash: string;
}

/** Place of a run of the part. */
export interface RunMatch {
  readonly from: MergedRun;
  readonly runNo: number;
  readonly name: string;
  /** The run that it becomes one with; `null` for one that is new. */
  readonly known: MergedRun | null;
  /** Reason why a new one stands beside a run of its name, in a few words; `null` where there is none of its name. */
  readonly beside: string | null;
}

/**
 * Says which runs of a part become one with which stored ones. The same row (a copy of a database) is the same run. Runs of `synth` with
 * the same name and specification are the same work, whoever did it: the first with the first, the second with the second. Those of other
 * commands trained models of their own, so that equal settings do not make them one.
 *
 * @throws {StoreError} If there would be more than 255.
 */
export function matchRuns(
  stored: readonly MergedRun[],
  part: readonly MergedRun[],
): readonly RunMatch[] {
  const known = new Map<MergedRun, MergedRun>();
  for (const run of part) {
    const same = stored.find(({ runId }) => runId === run.runId);
    if (same !== undefined) known.set(run, same);
  }
  for (const run of part) {
    if (known.has(run) || run.command !== "synth") continue;
    const taken = new Set(known.values());
    const same = stored.find((one) =>
      !taken.has(one) && workOf(one) === workOf(run) &&
      !part.some(({ runId }) => runId === one.runId)
    );
    if (same !== undefined) known.set(run, same);
  }
  const all = [...stored];
  return part.map((from): RunMatch => {
    const same = known.get(from);
    if (same !== undefined) {
      return { from, runNo: same.runNo, name: same.name, known: same, beside: null };
    }
    const names = all.map(({ name }) => name);
    const name = names.includes(from.name) ? freeName(from.requestedName, names) : from.name;
    const runNo = nextRunNo(all);
    const beside = besideOf(from, all);
    all.push({ ...from, runNo, name });
    return { from, runNo, name, known: null, beside };
  });
}

function workOf({ command, requestedName, specHash }: MergedRun): string {
  return JSON.stringify([command, requestedName, specHash]);
}

function besideOf(run: MergedRun, stored: readonly MergedRun[]): string | null {
  const namesake = stored.findLast(({ name, requestedName }) =>
    name === run.name || requestedName === run.requestedName
  );
  if (namesake === undefined) return null;
  const changes = specChanges(namesake.spec, run.spec).map(describeChange);
  if (changes.length > 0) return changes.join("; ");
  if (run.command !== namesake.command) return `${namesake.command} -> ${run.command}`;
  return run.command === "synth"
    ? "it was started over beside the other"
    : "each trained models of its own";
}
