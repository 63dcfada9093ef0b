import {
  canonicalJson,
  type Problem,
  type ReplyKey,
  type TreeRecord,
  UsageError,
} from "../core/mod.ts";
import {
  chooseRun,
  derivedRunError,
  matchRun,
  nameTakenError,
  type StoredRun,
  unknownRunError,
} from "./_choose_run.ts";
import { type IsForgotten, memoryArtifacts } from "./_memory_artifacts.ts";
import { memoryEvaluations } from "./_memory_evaluations.ts";
import { pendingFrom } from "./_pending_trees.ts";
import { changedProblem, repeatedProblem } from "./_problems.ts";
import { settle } from "./_settle.ts";
import { summarise } from "./_summarise.ts";
import type { FailedAttempt, PendingTree, RoundKey, RunInfo, Store } from "./store.ts";
import { packTreeId, unpackTreeId } from "./tree_id.ts";

interface MemoryRun extends StoredRun {
  readonly command: string;
  readonly createdAt: Date;
}

/** An empty store in memory, for tests and dry runs. Nothing outlives it. */
export function memoryStore(): Store {
  const runs: MemoryRun[] = [];
  const problems = new Map<string, Problem & { readonly problemNo: number }>();
  const trees = new Map<bigint, TreeRecord>();
  const attempts: bigint[] = [];
  const evaluations = memoryEvaluations((id) => problems.get(id)?.problemNo);
  const artifacts = memoryArtifacts();
  const replies = new Map<string, string>();

  const treeId = (key: RoundKey, { problemId, seed }: PendingTree) => {
    const problem = problems.get(problemId);
    if (problem === undefined) {
      throw new UsageError(`Cannot use problem "${problemId}": it was not stored before its tree`);
    }
    return packTreeId({
      runNo: key.runNo,
      roundNo: key.roundNo,
      problemNo: problem.problemNo,
      seed,
    });
  };
  const isOf = (id: bigint, runNo: number, roundNo: number | undefined) => {
    const key = unpackTreeId(id);
    return key.runNo === runNo && (roundNo === undefined || key.roundNo === roundNo);
  };
  const findRun = (name: string) => {
    const index = runs.findIndex((run) => run.name === name);
    const run = runs[index];
    if (run === undefined) throw unknownRunError(name, runs.map((other) => other.name));
    return { run, index };
  };
  const replyKey = ({ requestHash, sample }: ReplyKey) => `${requestHash}/${sample}`;

  return {
    openRun: (request) =>
      settle(() => {
        const opened = chooseRun(runs, request);
        if (!opened.isContinued) {
          runs.push({
            ...opened,
            requestedName: request.name,
            command: request.command,
            spec: request.spec,
            createdAt: new Date(),
          });
        }
        return opened;
      }),
    matchRun: (request) => settle(() => matchRun(runs, request)),
    runs: () =>
      settle(() =>
        runs.map((run): RunInfo => ({
          runNo: run.runNo,
          name: run.name,
          command: run.command,
          specHash: run.specHash,
          spec: run.spec,
          trees: [...trees.keys()].filter((id) => isOf(id, run.runNo, undefined)).length,
          createdAt: run.createdAt,
        }))
      ),
    renameRun: (name, to) =>
      settle(() => {
        const { run, index } = findRun(name);
        if (name === to) return;
        if (runs.some((other) => other.name === to)) throw nameTakenError(name, to);
        runs[index] = { ...run, name: to, requestedName: to };
      }),
    deleteRun: (name, { fromRound = -1 } = {}) =>
      settle(() => {
        const { run: { runNo }, index } = findRun(name);
        const goes: IsForgotten = (of) => of.runNo === runNo && (of.roundNo ?? -1) >= fromRound;
        const derived = artifacts.derivedFrom(goes);
        if (derived !== undefined) {
          const of = runs.find((run) => run.runNo === derived.runNo)?.name ?? null;
          throw derivedRunError(name, { artifactId: derived.artifactId, of });
        }
        for (const id of trees.keys()) if (goes(unpackTreeId(id))) trees.delete(id);
        const others = attempts.filter((id) => !goes(unpackTreeId(id)));
        attempts.splice(0, attempts.length, ...others);
        evaluations.forget(goes);
        artifacts.forget(goes);
        if (fromRound < 0) runs.splice(index, 1);
      }),
    putProblems: (given) =>
      settle(() => {
        const seen = new Set<string>();
        for (const problem of given) {
          const stored = problems.get(problem.id);
          if (seen.has(problem.id)) throw repeatedProblem(problem.id);
          if (stored !== undefined && !isSameProblem(stored, problem)) {
            throw changedProblem(problem.id);
          }
          seen.add(problem.id);
        }
        return given.map((problem) => {
          const problemNo = problems.get(problem.id)?.problemNo ?? problems.size + 1;
          if (!problems.has(problem.id)) problems.set(problem.id, { ...problem, problemNo });
          return problemNo;
        });
      }),
    pending: ({ problemNos, seeds, maxFailures, runNo, roundNo }) =>
      settle(() => {
        // As they are now: what is stored later is no longer pending, and yet was.
        const stored = new Set(trees.keys());
        const failures = Map.groupBy(attempts, (id) => id);
        const idOf = (seed: number, problemNo: number) =>
          packTreeId({ runNo, roundNo, problemNo, seed });
        return pendingFrom({ problemNos, seeds }, (seed) => ({
          isStored: (problemNo) => stored.has(idOf(seed, problemNo)),
          isGivenUp: (problemNo) =>
            (failures.get(idOf(seed, problemNo))?.length ?? 0) >= maxFailures,
        }));
      }),
    writeTree: (key, tree) =>
      settle(() => {
        const id = treeId(key, tree);
        if (trees.has(id)) return "duplicate";
        trees.set(id, tree);
        return "stored";
      }),
    writeAttempt: (attempt: FailedAttempt) =>
      settle(() => void attempts.push(treeId(attempt, attempt))),
    readTree: (key, tree) => settle(() => trees.get(treeId(key, tree)) ?? null),
    summary: (runNo, { roundNo } = {}) =>
      settle(() =>
        summarise(
          [...trees].filter(([id]) => isOf(id, runNo, roundNo)).map(([, tree]) => tree),
          {
            level: (id) => problems.get(id)?.level ?? null,
            failedAttempts: attempts.filter((id) => isOf(id, runNo, roundNo)).length,
          },
        )
      ),
    cumulativeCoverage: (runNo, lastRound) =>
      settle(() => {
        const own = [...trees].filter(([id]) =>
          isOf(id, runNo, undefined) && unpackTreeId(id).roundNo <= lastRound
        ).map(([, tree]) => tree);
        const count = (some: readonly TreeRecord[]) =>
          new Set(some.map(({ problemId }) => problemId)).size;
        return { problems: count(own), solved: count(own.filter((t) => t.correctTerminals > 0)) };
      }),
    getReply: (key) => settle(() => replies.get(replyKey(key)) ?? null),
    putReply: (key, body) =>
      settle(() => {
        if (!replies.has(replyKey(key))) replies.set(replyKey(key), body);
      }),
    ...evaluations.store,
    ...artifacts.store,
    // Load is looked at in SQL alone, which this store does not speak.
    saveLoadSamples: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function isSameProblem(a: Problem, b: Problem): boolean {
  return canonicalJson([a.question, a.answer]) === canonicalJson([b.question, b.answer]);
}
