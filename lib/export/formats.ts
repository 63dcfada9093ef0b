import { END_OF_CODE, type NodeKind } from "../core/mod.ts";
import type { PairGroup } from "./choose_pairs.ts";
import type { ChosenTrace } from "./choose_traces.ts";
import { type ExportedProblem, trajectoryText } from "./exported_tree.ts";
import type { ExportFormat } from "./manifest.ts";

/** A problem with the prompt that search, training and evaluation share. */
export type PromptedProblem = Omit<ExportedProblem, "trees"> & { readonly prompt: string };

/** A piece of a response; `train` is false for what the harness wrote into it. */
export interface ResponsePart {
  readonly text: string;
  readonly train: boolean;
}

/** A trace as rows of a format. */
export function traceRows(
  { trajectory, meanQ, minQ }: ChosenTrace,
  { problemId, question, prompt }: PromptedProblem,
  format: ExportFormat,
): readonly unknown[] {
  const { tree, leaf, steps } = trajectory;
  switch (format) {
    case "own":
      return [{
        problem_id: problemId,
        round: tree.round,
        tree_id: tree.treeId,
        leaf_id: leaf.nodeId,
        prompt,
        response: steps.flatMap(({ text, kind }) => responseParts(text, kind)),
        mean_q: meanQ,
        min_q: minQ,
      }];
    case "trl":
      return [{ prompt, completion: trajectoryText(trajectory) }];
    case "released":
      return [{ query: question, response: trajectoryText(trajectory).trim() }];
  }
}

/**
 * Parts of a segment: what follows the end of the code is the sandbox's output, which the harness wrote. A program may print
 * anything, also the format's own tags, so nothing behind the first stop string is looked at.
 */
export function responseParts(text: string, kind: NodeKind): readonly ResponsePart[] {
  const end = kind === "code_end" ? text.indexOf(END_OF_CODE) : -1;
  if (end < 0) return [{ text, train: true }];
  const output = end + END_OF_CODE.length;
  return [
    { text: text.slice(0, output), train: true },
    { text: text.slice(output), train: false },
  ].filter((part) => part.text !== "");
}

/** A group of pairs as rows of a format; only our own knows groups, the others have a row a pair. */
export function pairRows(
  { kind, round, treeId, prefix, positives, negatives, weight, chosen }: PairGroup,
  problem: PromptedProblem,
  format: ExportFormat,
): readonly unknown[] {
  const prompt = problem.prompt + prefix;
  const everyPair = <Row>(row: (better: string, worse: string) => Row) =>
    positives.flatMap((better) => negatives.map((worse) => row(better.text, worse.text)));
  switch (format) {
    case "own":
      return [{
        problem_id: problem.problemId,
        round,
        tree_id: treeId,
        kind,
        prompt,
        positives,
        negatives,
        weight,
      }];
    case "trl":
      return everyPair((chosen, rejected) => ({ prompt, chosen, rejected }));
    case "released":
      // The counts are what its loss weighs a pair by: those of the whole group, before pairs were left out.
      return everyPair((pos, neg) => ({
        prompt,
        pos,
        neg,
        pos_count: chosen.positives,
        neg_count: chosen.negatives,
      }));
  }
}
