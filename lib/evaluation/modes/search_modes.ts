import {
  DEFAULT_CALIBRATION,
  hashSeed,
  type Json,
  type NodeRecord,
  type NodeStatus,
  type PpmCalibration,
  type TreeRecord,
} from "../../core/mod.ts";
import type { Question, StepDomain } from "../../domain/domain.ts";
import { beamSearch, chooseAnswer, type SearchSpec, solveTree } from "../../search/mod.ts";
import { boundedAnswer, boundedText } from "../_bounded.ts";
import { searchJson, type SearchModeSettings } from "./_settings.ts";
import type { Attempt, EvaluationMode, SolveContext } from "./mode.ts";

export type { SearchModeSettings } from "./_settings.ts";

/** Tree search at test time: one sample is one tree, its answer is chosen by the PPM (docs/search.md, "Test time"). */
export function treeMode({ search }: SearchModeSettings): EvaluationMode {
  return {
    name: "mcts",
    needsPpm: true,
    spec: { search: searchJson(search) },
    solve: async (question, sample, context) => {
      const tree = await solveTree(question, treeOptions(search, { question, sample, context }));
      return treeAttempt(tree, { search, context });
    },
  };
}

/** Step beam: one sample is one beam. */
export function beamMode({ search, width }: SearchModeSettings): EvaluationMode {
  const spec = { ...search, final: "logit" } as const;
  return {
    name: "beam",
    needsPpm: true,
    spec: { search: searchJson(spec), width },
    solve: async (question, sample, context) => {
      const tree = await beamSearch(question, {
        ...treeOptions(spec, { question, sample, context }),
        width,
      });
      return treeAttempt(tree, { search: spec, context });
    },
  };
}

/** Trees share no cache: what a sample costs must not depend on which others ran before it. */
function treeOptions(
  spec: SearchSpec,
  { question, sample, context }: {
    readonly question: Question;
    readonly sample: number;
    readonly context: SolveContext;
  },
) {
  const { policy, ppm, domain, seed, signal } = context;
  const treeSeed = hashSeed("evaluation", seed, question.id, sample);
  return { spec, seed: treeSeed, policy, ppm, domain, signal };
}

/** Result of a tree, as one sample. */
function treeAttempt(
  tree: TreeRecord,
  { search, context }: { readonly search: SearchSpec; readonly context: SolveContext },
): Attempt {
  const { usage } = tree;
  const chosen = chosenLeaf(tree, {
    search,
    domain: context.domain,
    calibration: search.calibration ?? context.ppm?.calibration ?? DEFAULT_CALIBRATION,
  });
  return {
    answer: chosen === null ? null : boundedAnswer(chosen.answer ?? ""),
    outcome: chosen === null ? failureOf(tree) : "answered",
    score: chosen?.ppmLogit ?? null,
    promptTokens: usage.promptTokens,
    generatedTokens: usage.generatedTokens,
    ppmTokens: usage.ppmTokens,
    trace: treeTrace(tree, chosen),
  };
}

function chosenLeaf(
  tree: TreeRecord,
  options: {
    readonly search: SearchSpec;
    readonly domain: StepDomain;
    readonly calibration: PpmCalibration;
  },
): NodeRecord | null {
  const { search, domain, calibration } = options;
  const final = chooseAnswer(tree, {
    rule: search.final,
    calibration,
    answerKey: (answer) => domain.answerKey(answer),
  });
  return final === null ? null : tree.nodes[final.nodeId] ?? null;
}

/** Why a tree has no answer: what most of its dead ends died of. */
function failureOf(tree: TreeRecord): Attempt["outcome"] {
  const count = (...statuses: readonly NodeStatus[]) =>
    tree.nodes.filter(({ status }) => statuses.includes(status)).length;
  const failed = count("code_error");
  const cut = count("truncated", "too_deep");
  if (failed === 0 && cut === 0) return "no_answer";
  return failed >= cut ? "failed_execution" : "truncated";
}

function treeTrace(tree: TreeRecord, chosen: NodeRecord | null): Json {
  const path: NodeRecord[] = [];
  for (
    let node = chosen ?? undefined;
    node !== undefined && node.parentId !== null;
    node = tree.nodes[node.parentId]
  ) path.unshift(node);
  return {
    nodes: tree.nodes.length,
    rollouts: tree.rollouts.length,
    stopReason: tree.stopReason,
    answers: answerCounts(tree),
    path: path.map(({ text, ppmLogit, qValue, visits }) => ({
      text: boundedText(text, 4_000),
      logit: ppmLogit,
      q: qValue,
      visits,
    })),
  };
}

/** Answers that were to choose from, most frequent first. */
function answerCounts(tree: TreeRecord): Json {
  const counts = new Map<string, number>();
  for (const { answer, multiplicity } of tree.nodes) {
    if (answer === null) continue;
    const text = boundedText(answer, 200);
    counts.set(text, (counts.get(text) ?? 0) + multiplicity);
  }
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, 8)
    .map(([answer, count]) => ({ answer, count }));
}
