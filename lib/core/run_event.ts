import type { InfrastructureError } from "./errors.ts";
import type { StopReason, TreeRecord } from "./tree_record.ts";

/** Something that happened while trees were grown. Holds no text of a model, so that it may be logged and shown. */
export type RunEvent =
  | { readonly type: "session"; readonly run: string; readonly command: string }
  | {
    readonly type: "round";
    readonly round: number;
    /** Trees that are wanted and not stored yet. */
    readonly pending: number;
  }
  | {
    readonly type: "tree";
    readonly problem: string;
    readonly seed: number;
    readonly right: number;
    readonly wrong: number;
    readonly nodes: number;
    readonly rollouts: number;
    readonly generatedTokens: number;
    readonly seconds: number;
    readonly stop: StopReason;
  }
  | {
    readonly type: "parked";
    readonly problem: string;
    readonly seed: number;
    readonly boundary: InfrastructureError["boundary"];
    readonly message: string;
  }
  | { readonly type: "notice"; readonly level: "info" | "warn" | "error"; readonly message: string }
  | {
    readonly type: "end";
    readonly stored: number;
    readonly parked: number;
    readonly undone: number;
  };

/** Takes events as they come. */
export type EventSink = (event: RunEvent) => void;

/** The event of a stored tree. */
export function treeEvent(tree: TreeRecord): RunEvent {
  return {
    type: "tree",
    problem: tree.problemId,
    seed: tree.seed,
    right: tree.correctTerminals,
    wrong: tree.wrongTerminals,
    nodes: tree.nodes.length,
    rollouts: tree.rollouts.length,
    generatedTokens: tree.usage.generatedTokens,
    seconds: tree.wallMs / 1000,
    stop: tree.stopReason,
  };
}
