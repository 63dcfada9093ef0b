import type { NodeRecord, TreeRecord } from "../core/mod.ts";
import type { RunSummary } from "./store.ts";

/** Facts that the trees alone do not tell. */
export interface SummaryContext {
  readonly level: (problemId: string) => number | null;
  readonly failedAttempts: number;
}

/** The summary of trees in memory; `_summary.ts` is the same in SQL. */
export function summarise(trees: readonly TreeRecord[], context: SummaryContext): RunSummary {
  const total = (value: (tree: TreeRecord) => number) =>
    trees.reduce((sum, tree) => sum + value(tree), 0);
  const nodes = trees.flatMap((tree) => tree.nodes.filter((node) => node.kind !== "root"));
  const byProblem = Map.groupBy(trees, (tree) => tree.problemId);
  const isSolved = (group: readonly TreeRecord[]) => group.some((t) => t.correctTerminals > 0);
  const prices = trees.flatMap((tree) => tree.usage.price ?? []);
  const answers = nodes.filter((node) => node.kind === "answer");
  return {
    trees: trees.length,
    nodes: total((tree) => tree.nodes.length),
    rollouts: total((tree) => tree.rollouts.length),
    problems: byProblem.size,
    solved: [...byProblem.values()].filter(isSolved).length,
    levels: [...Map.groupBy(byProblem, ([id]) => context.level(id))]
      .map(([level, group]) => ({
        level,
        problems: group.length,
        solved: group.filter(([, of]) => isSolved(of)).length,
      }))
      .sort((a, b) => (a.level ?? Infinity) - (b.level ?? Infinity)),
    trajectories: {
      correct: answers.filter((node) => node.correct === true).length,
      wrong: answers.filter((node) => node.correct === false).length,
    },
    depths: depthSummaries(nodes),
    statuses: Object.fromEntries(
      [...Map.groupBy(nodes, (node) => node.status)].map(([status, of]) => [status, of.length]),
    ),
    promptTokens: total((tree) => tree.usage.promptTokens),
    generatedTokens: total((tree) => tree.usage.generatedTokens),
    ppmTokens: total((tree) => tree.usage.ppmTokens),
    treeSeconds: total((tree) => tree.wallMs) / 1_000,
    price: prices.length === 0 ? null : prices.reduce((sum, price) => sum + price, 0),
    failedAttempts: context.failedAttempts,
  };
}

function depthSummaries(nodes: readonly NodeRecord[]): RunSummary["depths"] {
  const qByDepth = Map.groupBy(
    nodes.flatMap(({ depth, qValue }) => qValue === null ? [] : [{ depth, qValue }]),
    ({ depth }) => depth,
  );
  return [...qByDepth].sort(([a], [b]) => a - b).map(([depth, of]) => ({
    depth,
    nodes: of.length,
    meanQ: of.reduce((sum, { qValue }) => sum + qValue, 0) / of.length,
  }));
}
