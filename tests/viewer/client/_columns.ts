/** Trees as the server sends them. */
import type { TreeColumns } from "../../../lib/viewer/mod.ts";

/** A node, told briefly. */
export interface BriefNode {
  readonly parent: number | null;
  readonly q?: number;
  readonly kind?: string;
  readonly correct?: boolean;
}

/** Columns of a tree whose nodes 0, 1, … are the given ones. */
export function columnsOf(nodes: readonly BriefNode[]): TreeColumns {
  return {
    tree: "1",
    run: "r",
    round: 1,
    seed: 0,
    problem: "test/1",
    question: "What is 1 + 1?",
    reference: "2",
    level: null,
    solved: true,
    stop: "budget",
    others: [],
    id: nodes.map((_, id) => id),
    parent: nodes.map(({ parent }) => parent),
    kind: nodes.map(({ kind, parent }) => kind ?? (parent === null ? "root" : "step")),
    status: nodes.map(() => "ok"),
    visits: nodes.map(() => 1),
    q: nodes.map(({ q }) => q ?? null),
    correct: nodes.map(({ correct }) => correct ?? null),
    answer: nodes.map(() => null),
  };
}
