import type { StepTruths } from "../../ablation/mod.ts";
import type { Problem } from "../../core/mod.ts";
import { readProblems, trajectories, type Trajectory, type TreeSource } from "../../export/mod.ts";
import type { Sandbox } from "../../sandbox/mod.ts";
import { stepTruth } from "../../starter/mod.ts";
import type { SqlReader } from "../../store/mod.ts";

/** Options of {@linkcode stepTruths}. */
export interface StepTruthsOptions {
  readonly reader: SqlReader;
  readonly problems: ReadonlyMap<string, Problem>;
  /** Opens the sandbox; asked only when a problem says what its steps come to. */
  readonly sandbox: () => Promise<Sandbox>;
  readonly signal: AbortSignal;
}

const NODES = { leading: "judged", failures: false, scorer: null, rollouts: null } as const;

/**
 * Runs every trajectory of trees once more and compares the quantities that it leaves with the generator's: the n-th step works out the
 * n-th of them. A trajectory that does not run again tells nothing.
 */
export async function stepTruths(
  source: TreeSource,
  { reader, problems, sandbox, signal }: StepTruthsOptions,
): Promise<StepTruths> {
  const truths = new Map<string, Map<number, boolean>>();
  for await (
    const { problemId, trees } of readProblems(reader, { ...source, nodes: NODES, signal })
  ) {
    const problem = problems.get(problemId);
    if (problem?.meta.truth === undefined) continue;
    for (const tree of trees) {
      const known = new Map<number, boolean>();
      await using session = (await sandbox()).openSession();
      for (const { steps } of trajectories(tree)) {
        const code = codeOf(steps);
        const { state } = await session.run({ parent: null, code, keep: true }, { signal });
        if (state === null) continue;
        const values = await stepTruth(session, { problem, state, signal });
        session.release(state);
        steps.filter(({ kind }) => kind === "step").forEach(({ nodeId }, index) => {
          const isTrue = values[index];
          if (isTrue !== undefined) known.set(nodeId, isTrue);
        });
      }
      truths.set(tree.treeId, known);
    }
  }
  return truths;
}

/** Steps that failed and stayed in the text did nothing. */
function codeOf(steps: Trajectory["steps"]): string {
  return steps.filter(({ status }) => status === "ok").flatMap(({ code }) => code ?? []).join("\n");
}
