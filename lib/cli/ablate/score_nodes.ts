import type { ScoredNodes } from "../../ablation/mod.ts";
import { policyPrompt } from "../../core/mod.ts";
import type { Ppm } from "../../endpoint/mod.ts";
import { type ExportedTree, readProblems, type TreeSource } from "../../export/mod.ts";
import type { DuckdbStore, NodeScore } from "../../store/mod.ts";

/** Texts of one request, and scores of one transaction. */
const BATCH = 64;

/** Options of {@linkcode scoreNodes}. */
export interface ScoreNodesOptions {
  readonly store: DuckdbStore;
  /** Number of the model, under which its scores are kept. */
  readonly scorer: number;
  readonly nodes: ScoredNodes;
  /** Serves the model; asked only when a score is missing. */
  readonly ppm: () => Promise<Ppm>;
  readonly signal: AbortSignal;
}

interface Unscored extends Omit<NodeScore, "score"> {
  readonly text: string;
}

/** Scores what leads to a judged answer and has no score of the model yet. Every batch is kept at once. */
export async function scoreNodes(
  source: TreeSource,
  { store, scorer, nodes: which, ppm, signal }: ScoreNodesOptions,
): Promise<void> {
  const unscored: Unscored[] = [];
  const nodes = { leading: "judged", failures: false, scorer, rollouts: null } as const;
  for await (const { question, trees } of readProblems(store, { ...source, nodes, signal })) {
    const prompt = policyPrompt(question);
    for (const tree of trees) unscored.push(...unscoredOf(tree, { prompt, which }));
  }
  for (let start = 0; start < unscored.length; start += BATCH) {
    signal.throwIfAborted();
    const batch = unscored.slice(start, start + BATCH);
    const { logits } = await (await ppm()).score(batch.map(({ text }) => text), { signal });
    await store.saveNodeScores(
      scorer,
      batch.map(({ treeId, nodeId }, i) => ({ treeId, nodeId, score: logits[i] ?? NaN })),
    );
  }
}

function unscoredOf(
  { treeId, nodes }: ExportedTree,
  { prompt, which }: { readonly prompt: string; readonly which: ScoredNodes },
): readonly Unscored[] {
  // Parents come first.
  const texts = new Map<number, string>();
  return nodes.flatMap(({ nodeId, parentId, text, correct, score }) => {
    if (parentId === null) {
      texts.set(nodeId, prompt);
      return [];
    }
    const whole = (texts.get(parentId) ?? "") + text;
    texts.set(nodeId, whole);
    const isWanted = score === null && (which === "all" || correct !== null);
    return isWanted ? [{ treeId, nodeId, text: whole }] : [];
  });
}
