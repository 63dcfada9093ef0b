/**
 * Trees with the shape and size of real ones, grown by a toy search: eight candidates a step, some of them failing, rollouts that go
 * down by visits and Q, answers that are right where the steps above were good. Seeded.
 */
import { type NodeRecord, seededRandom, type TreeRecord } from "../../lib/core/mod.ts";
import { testTree } from "../conformance/store.ts";

const CANDIDATES = 8;
const ROLLOUTS = 16;
const WORDS = "the we find that value of equation number total sum product let be then since so"
  .split(" ");

/** Text that steps are cut from: making each from words would take longer than storing it. */
const POOL = makePool(4_000_000);

function makePool(length: number): string {
  const random = seededRandom(7);
  const parts: string[] = [];
  for (let size = 0; size < length;) {
    const word = random() < 0.12
      ? String(Math.floor(random() * 1_000))
      : WORDS[Math.floor(random() * WORDS.length)] ?? "";
    parts.push(word);
    size += word.length + 1;
  }
  return parts.join(" ");
}

interface Growing {
  readonly record: NodeRecord;
  readonly parent: Growing | null;
  readonly children: Growing[];
  /** Chance that an answer below is right. */
  readonly goodness: number;
  visits: number;
  valueSum: number;
  closed: boolean;
}

/** A tree of about 420 nodes. */
export function generatedTree(problemId: string, seed: number, randomSeed: number): TreeRecord {
  const random = seededRandom(randomSeed);
  const hardness = random();
  const steps = 3 + Math.floor(random() * 5);
  const nodes: Growing[] = [];
  const root = newNode(nodes, null, { random, steps, goodness: 1 - hardness });
  const rollouts: { leafId: number; value: number }[] = [];
  for (let i = 0; i < ROLLOUTS && !root.closed; i++) {
    const leaf = rollout(root, nodes, { random, steps });
    const value = leaf.record.correct === true ? 1 : -1;
    for (let at: Growing | null = leaf; at !== null; at = at.parent) {
      at.visits++;
      at.valueSum += value;
    }
    leaf.closed = true;
    rollouts.push({ leafId: leaf.record.nodeId, value });
  }
  return toTree(nodes, { problemId, seed, rollouts });
}

interface Growth {
  readonly random: () => number;
  readonly steps: number;
}

function newNode(
  nodes: Growing[],
  parent: Growing | null,
  { random, steps, goodness }: Growth & { readonly goodness: number },
): Growing {
  const depth = parent === null ? 0 : parent.record.depth + 1;
  const kind = kindOf(depth, steps);
  const isFailed = (kind === "step" || kind === "code_end") && random() < 0.15;
  const isRight = random() < goodness;
  const code = kind === "root" || kind === "answer" ? null : stepCode(depth, random);
  const node: Growing = {
    record: {
      nodeId: nodes.length,
      parentId: parent?.record.nodeId ?? null,
      depth,
      kind,
      status: isFailed ? "code_error" : "ok",
      text: code === null ? ANSWER_TEXT[kind] ?? "" : `${code}\n<end_of_step>`,
      code,
      execution: code === null ? null : execution(nodes.length, { isFailed, kind, random }),
      visits: 0,
      valueSum: 0,
      ppmLogit: (goodness - 0.5) * 4 + random() * 2 - 1,
      qValue: null,
      pathQ: null,
      multiplicity: 1 + Math.floor(random() ** 4 * 4),
      drawIndex: nodes.length % CANDIDATES,
      terminal: kind === "answer" || isFailed,
      closed: isFailed,
      correct: kind === "answer" ? isRight : null,
      answer: kind !== "answer"
        ? null
        : isRight
        ? "right"
        : `wrong ${Math.floor(random() ** 3 * 5)}`,
      generatedTokens: 30 + Math.floor(random() * 80),
    },
    parent,
    children: [],
    goodness,
    visits: 0,
    valueSum: 0,
    closed: isFailed,
  };
  nodes.push(node);
  parent?.children.push(node);
  return node;
}

function kindOf(depth: number, steps: number): NodeRecord["kind"] {
  if (depth === 0) return "root";
  if (depth > steps) return "answer";
  return depth === steps ? "code_end" : "step";
}

const ANSWER_TEXT: Readonly<Record<string, string>> = {
  answer: "<answer>The answer is \\boxed{1}.\n<end_of_answer>",
};

/** About 300 characters of comment and 250 of code. */
function stepCode(depth: number, random: () => number): string {
  const from = Math.floor(random() * (POOL.length - 700));
  const comment = POOL.slice(from, from + 300);
  return `# ${comment}\nx_${depth} = ${from}\n# ${POOL.slice(from + 300, from + 540)}`;
}

const ERROR_TYPES = ["NameError", "TypeError", "ValueError"];

function execution(
  nodeId: number,
  { isFailed, kind, random }: {
    readonly isFailed: boolean;
    readonly kind: NodeRecord["kind"];
    readonly random: () => number;
  },
): NodeRecord["execution"] {
  return {
    status: isFailed ? "error" : "ok",
    stdout: kind === "code_end" ? `${nodeId}\n` : "",
    errorType: isFailed ? ERROR_TYPES[nodeId % ERROR_TYPES.length] ?? null : null,
    errorMessage: isFailed ? `name 'x_${nodeId}' is not defined` : null,
    errorLine: isFailed ? 2 : null,
    wallMs: random() * 10,
    cpuMs: random() * 8,
    cached: false,
  };
}

function rollout(root: Growing, nodes: Growing[], growth: Growth): Growing {
  let at = root;
  while (at.record.kind !== "answer") {
    if (at.children.length === 0) {
      const count = at.record.kind === "code_end" ? 1 : CANDIDATES;
      for (let i = 0; i < count; i++) {
        const goodness = Math.min(1, Math.max(0, at.goodness + (growth.random() - 0.5) * 0.5));
        newNode(nodes, at, { ...growth, goodness });
      }
    }
    const open = at.children.filter((child) => !child.closed);
    if (open.length === 0) {
      at.closed = true;
      return at;
    }
    const parentVisits = Math.max(1, at.visits);
    const score = ({ visits, valueSum }: Growing) =>
      visits === 0
        ? 10 + growth.random()
        : valueSum / visits + 2 * Math.sqrt(Math.log(parentVisits) / visits);
    at = growth.random() < 0.5
      ? open[Math.floor(growth.random() * open.length)] ?? at
      : open.reduce((best, child) => (score(child) > score(best) ? child : best));
  }
  return at;
}

function toTree(
  growing: readonly Growing[],
  { problemId, seed, rollouts }: Pick<TreeRecord, "problemId" | "seed" | "rollouts">,
): TreeRecord {
  const pathSums: (number | null)[] = [];
  const nodes = growing.map(({ record, visits, valueSum, closed, parent }): NodeRecord => {
    const qValue = record.status !== "ok" ? -1 : visits === 0 ? null : valueSum / visits;
    const above = parent === null ? 0 : pathSums[parent.record.nodeId] ?? null;
    const sum = parent === null ? 0 : above === null || qValue === null ? null : above + qValue;
    pathSums.push(sum);
    return {
      ...record,
      visits,
      valueSum,
      closed,
      qValue,
      pathQ: parent === null || sum === null ? null : sum / record.depth,
    };
  });
  const values = rollouts.map(({ value }) => value);
  return {
    ...testTree(problemId, seed),
    nodes,
    rollouts,
    correctTerminals: values.filter((value) => value > 0).length,
    wrongTerminals: values.filter((value) => value < 0).length,
    firstCorrectRollout: values.indexOf(1) < 0 ? null : values.indexOf(1) + 1,
  };
}
