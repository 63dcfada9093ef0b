import { hashJson, type Json, StoreError, UsageError } from "../core/mod.ts";
import { describeChange, specChanges } from "./spec_changes.ts";
import type { OpenedRun, OpenRunRequest } from "./store.ts";

/** What the choice needs of a stored run. */
export interface StoredRun {
  readonly runNo: number;
  readonly name: string;
  readonly requestedName: string;
  readonly specHash: string;
  readonly spec: Json;
}

/** Eight bits of a tree's id. */
const MAX_RUNS = 255;

/** Which run a request opens (architecture.md, "Runs"): the rule that every store follows. `runs` are in order of their numbers. */
export function chooseRun(runs: readonly StoredRun[], request: OpenRunRequest): OpenedRun {
  const specHash = hashJson(request.spec);
  const namesakes = runs.filter((run) =>
    run.requestedName === request.name || run.name === request.name
  );
  const same = namesakes.findLast((run) => run.specHash === specHash);
  const latest = namesakes.at(-1);
  const changes = latest === undefined ? [] : specChanges(latest.spec, request.spec);
  if (same !== undefined && request.mode !== "new") {
    return { runNo: same.runNo, name: same.name, specHash, isContinued: true, beside: null };
  }
  if (request.mode === "resume") {
    throw new UsageError(
      `Cannot resume run "${request.name}": ` +
        (latest === undefined
          ? `there is none of this name; stored: ${runs.map((r) => r.name).join(", ") || "none"}`
          : `its settings differ: ${changes.map(describeChange).join("; ")}`),
    );
  }
  return {
    runNo: nextRunNo(runs),
    name: freeName(request.name, runs.map((run) => run.name)),
    specHash,
    isContinued: false,
    beside: latest === undefined ? null : { name: latest.name, changes },
  };
}

function nextRunNo(runs: readonly StoredRun[]): number {
  const next = (runs.at(-1)?.runNo ?? 0) + 1;
  if (next <= MAX_RUNS) return next;
  throw new StoreError(`Cannot start a run: the database holds ${MAX_RUNS}; use another file`);
}

function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name}-${number}`)) number++;
  return `${name}-${number}`;
}
