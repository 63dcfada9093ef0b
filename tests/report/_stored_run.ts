/** A stored run in which every section of a report has something to show. */
import { type Problem, seededRandom, type TreeRecord } from "../../lib/core/mod.ts";
import {
  type DuckdbStore,
  type EvaluationSample,
  openStore,
  type SampleVerdict,
} from "../../lib/store/mod.ts";
import { testProblem, testRun } from "../conformance/store.ts";
import { testEvaluation } from "../conformance/store_evaluations.ts";
import { generatedTree } from "../store/_generated_tree.ts";

/** How the run is made. */
export interface StoredRunOptions {
  /** Put into every text that a model, a data set or a user writes. @default nothing */
  readonly hostile?: string;
}

/** Problems of the run. */
export const PROBLEMS = 12;

/** Grader of its verdicts. */
export const GRADER = "rstar-1";

/** Makes the database. */
export async function storeRun(
  path: string,
  { hostile = "" }: StoredRunOptions = {},
): Promise<void> {
  await using store = await openStore(path);
  const problems = Array.from({ length: PROBLEMS }, (_, i) => {
    const problem = testProblem(i + 1);
    return {
      ...problem,
      question: problem.question + hostile,
      answer: problem.answer + hostile,
    };
  });
  await store.putProblems(problems);
  const { runNo } = await store.openRun(testRun({ name: `r${hostile}` }));
  for (const roundNo of [1, 2]) {
    for (const [i, problem] of problems.entries()) {
      const tree = generatedTree(problem.id, 0, 100 * roundNo + i);
      await store.writeTree({ runNo, roundNo }, withText(tree, hostile));
    }
  }
  await storeLineage(store, runNo, hostile);
  await storeEvaluations(store, runNo, { problems, hostile });
  await store.saveLoadSamples(
    runNo,
    Array.from({ length: 600 }, (_, i) => ({
      takenAt: new Date(Date.UTC(2026, 0, 1) + i * 1000),
      name: i % 2 === 0 ? `queue${hostile}` : "tokens_per_second",
      value: Math.abs(Math.sin(i / 50)) * 100,
    })),
  );
  const idle = { takenAt: new Date(Date.UTC(2026, 0, 1)), name: "trees.parked", value: 0 };
  await store.saveLoadSamples(runNo, [idle]);
}

function withText(tree: TreeRecord, hostile: string): TreeRecord {
  return {
    ...tree,
    nodes: tree.nodes.map((node) => ({
      ...node,
      text: node.text + (node.kind === "root" ? "" : hostile),
      answer: node.answer === null ? null : node.answer + hostile,
      execution: node.execution === null ? null : {
        ...node.execution,
        stdout: node.execution.stdout + hostile,
        errorType: node.execution.errorType === null ? null : node.execution.errorType + hostile,
        errorMessage: node.execution.errorMessage === null
          ? null
          : node.execution.errorMessage + hostile,
      },
    })),
  };
}

async function storeLineage(store: DuckdbStore, runNo: number, hostile: string): Promise<void> {
  const base = { runNo, sha256: "ab".repeat(32), meta: {}, parents: [] };
  for (const roundNo of [0, 1, 2]) {
    await store.putRound({ runNo, roundNo, policy: "p", ppm: null, params: {}, state: "done" });
    if (roundNo === 0) continue;
    await store.addArtifact({
      ...base,
      roundNo,
      kind: "sft",
      role: "policy",
      location: `sft${hostile}`,
      rows: 40 * roundNo,
      meta: { falseStepShare: 0.25 },
    });
    await store.addArtifact({
      ...base,
      roundNo,
      kind: "checkpoint",
      role: "ppm",
      location: `ppm-${roundNo}`,
      rows: null,
      meta: {
        heldOut: {
          pairAccuracy: 0.75,
          pairs: 80,
          problems: 10,
          round1: { pairAccuracy: 0.5, pairs: 40, problems: 8 },
        },
        calibration: { b: 0.5, tau: 2, fittedOn: "training", groups: 12, problems: 9 },
        steps: 300,
        tokens: 5000,
      },
      metrics: [
        ...Array.from({ length: 300 }, (_, step) => ({
          step,
          name: `loss${hostile}`,
          value: 1 / (1 + step / 20),
        })),
        { step: 300, name: "pair_accuracy", value: 0.75 },
      ],
    });
  }
}

interface Measured {
  readonly problems: readonly Problem[];
  readonly hostile: string;
}

async function storeEvaluations(
  store: DuckdbStore,
  runNo: number,
  { problems, hostile }: Measured,
): Promise<void> {
  const random = seededRandom(3);
  for (const roundNo of [0, 1, 2]) {
    for (const [mode, count] of [["greedy", 1], ["sample", 4], ["mcts", 1]] as const) {
      const { evalId } = await store.openEvaluation(
        testEvaluation({ runNo, roundNo, mode, suite: `suite${hostile}`, spec: { mode, hostile } }),
      );
      const samples: EvaluationSample[] = [];
      const verdicts: SampleVerdict[] = [];
      for (const [i, { id: problemId, answer }] of problems.entries()) {
        for (let sample = 0; sample < count; sample++) {
          // Greedy answers are known: the first 3, 6, then 12 problems are right.
          const correct = mode === "greedy" ? i < 3 * 2 ** roundNo : random() < 0.3 + 0.2 * roundNo;
          const isLost = mode === "mcts" && roundNo === 1 && i === 0;
          samples.push({
            problemId,
            sample,
            answer: isLost ? null : correct ? answer : `wrong ${i % 3}${hostile}`,
            outcome: isLost ? "infrastructure" : "answered",
            score: random(),
            promptTokens: 50,
            generatedTokens: mode === "mcts" ? 800 : 150,
            ppmTokens: mode === "mcts" ? 200 : 0,
            wallMs: 100,
            trace: null,
          });
          if (isLost) continue;
          verdicts.push({
            problemId,
            sample,
            grader: GRADER,
            correct,
            stage: "exact",
            reason: correct ? "equal" : "different",
            elapsedMs: 0.1,
            vote: null,
          });
        }
      }
      await store.writeSamples(evalId, samples, verdicts);
      await store.setEvaluationState(
        evalId,
        mode === "mcts" && roundNo === 1 ? "incomplete" : "complete",
      );
    }
  }
}
