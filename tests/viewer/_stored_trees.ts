/** A database in which every number that the viewer shows is known. */
import { openStore } from "../../lib/store/mod.ts";
import { testProblem, testRun } from "../conformance/store.ts";
import { answer, handTree } from "../store/_hand_tree.ts";

/** Options of the trees that are put into the database. */
export interface StoredTreesOptions {
  /** Part of every text that a model, a data set or a user writes. @default nothing */
  readonly hostile?: string;
}

/**
 * Three trees of run "r": problem 1 solved in rounds 1 and 2, problem 2 not solved in round 1.
 *
 * The tree of problem 1 in round 1: step 1 (Q 0.5) leads to the right answer 3, step 2 (Q -0.5) to the wrong answer 4; step 5
 * failed with an error and gave no answer.
 */
export async function storeTrees(
  path: string,
  { hostile = "" }: StoredTreesOptions = {},
): Promise<void> {
  await using store = await openStore(path);
  const problems = [1, 2].map((number) => {
    const problem = testProblem(number);
    return {
      ...problem,
      id: `${problem.id}${hostile}`,
      level: number,
      question: `Question ${number}${hostile}`,
    };
  });
  await store.putProblems(problems);
  const { runNo } = await store.openRun(testRun({ name: `r${hostile}` }));
  const [first = "", second = ""] = problems.map(({ id }) => id);
  const failed = {
    parent: 0,
    status: "code_error" as const,
    qValue: null,
    visits: 0,
    execution: {
      status: "error" as const,
      stdout: `printed${hostile}`,
      errorType: `NameError${hostile}`,
      errorMessage: `no x${hostile}`,
      errorLine: 2,
      wallMs: 1,
      cpuMs: 1,
      cached: false,
    },
  };
  const tree = (problemId: string, isSolved: boolean) =>
    handTree([
      { parent: 0, qValue: 0.5, visits: 3, code: `# Step 1: add${hostile}\nx = 1` },
      { parent: 0, qValue: -0.5, visits: 1, code: `# Step 1: double${hostile}\nx = 2` },
      answer(1, `3${hostile}`, { qValue: 1, correct: isSolved }),
      answer(2, `4${hostile}`, { qValue: -1, correct: false }),
      failed,
    ], { problemId, seed: 0, firstCorrectRollout: isSolved ? 1 : null });
  await store.writeTree({ runNo, roundNo: 1 }, tree(first, true));
  await store.writeTree({ runNo, roundNo: 2 }, tree(first, true));
  await store.writeTree({ runNo, roundNo: 1 }, tree(second, false));
}
