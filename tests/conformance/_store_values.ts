/** Values that the store's suites write. */
import type { NodeRecord, Problem, TreeRecord } from "../../lib/core/mod.ts";
import type { OpenRunRequest } from "../../lib/store/mod.ts";

/** A problem of the given number. */
export function testProblem(number: number, changes: Partial<Problem> = {}): Problem {
  return {
    id: `test/${number}`,
    source: "test",
    question: `What is ${number} + 1?`,
    answer: String(number + 1),
    level: number % 3 === 0 ? null : number % 3,
    meta: { subject: "addition" },
    ...changes,
  };
}

function testNode(nodeId: number, changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    nodeId,
    parentId: nodeId === 0 ? null : nodeId - 1,
    depth: nodeId,
    kind: nodeId === 0 ? "root" : "step",
    status: "ok",
    text: nodeId === 0 ? "" : `# Step ${nodeId}: "quoted" \u00e9 \u{1f600}\nx = ${nodeId}\n`,
    code: nodeId === 0 ? null : `x = ${nodeId}`,
    execution: nodeId === 0 ? null : {
      status: "ok",
      stdout: "",
      errorType: null,
      errorMessage: null,
      errorLine: null,
      wallMs: 1.25,
      cpuMs: 0.1,
      cached: false,
    },
    visits: 3,
    valueSum: 1,
    ppmLogit: null,
    qValue: 1 / 3,
    pathQ: nodeId === 0 ? null : 1 / 3,
    multiplicity: 1,
    drawIndex: 0,
    terminal: false,
    closed: false,
    correct: null,
    answer: null,
    generatedTokens: 17,
    ...changes,
  };
}

/** A small tree in which every kind of value occurs: a right answer, a failed step, undefined Q, an empty rollout. */
export function testTree(problemId: string, seed: number, isSolved = true): TreeRecord {
  return {
    problemId,
    seed,
    nodes: [
      testNode(0),
      testNode(1, { ppmLogit: 0.1 + 0.2 }),
      testNode(2, {
        kind: "answer",
        code: null,
        execution: null,
        terminal: true,
        closed: true,
        correct: isSolved,
        answer: "16",
      }),
      testNode(3, {
        parentId: 0,
        depth: 1,
        status: "code_error",
        execution: {
          status: "error",
          stdout: "half",
          errorType: "NameError",
          errorMessage: "name 'y' is not defined",
          errorLine: 2,
          wallMs: 3,
          cpuMs: 2.5,
          cached: true,
        },
        terminal: true,
        closed: true,
        qValue: -1,
      }),
      testNode(4, { parentId: 0, depth: 1, visits: 0, valueSum: 0, qValue: null, pathQ: null }),
    ],
    rollouts: [{ leafId: 2, value: isSolved ? 1 : -1 }, { leafId: null, value: 0 }],
    stopReason: "budget",
    correctTerminals: isSolved ? 1 : 0,
    wrongTerminals: isSolved ? 0 : 1,
    firstCorrectRollout: isSolved ? 1 : null,
    usage: {
      policyRequests: 2,
      promptTokens: 100,
      generatedTokens: 68,
      ppmRequests: 1,
      ppmTokens: 50,
      executions: 3,
      executionsCached: 1,
      policySeconds: 0.5,
      ppmSeconds: 0.25,
      sandboxSeconds: 0.125,
      price: null,
    },
    wallMs: 2_000,
  };
}

/** A request to open run "r" with the given specification. */
export function testRun(changes: Partial<OpenRunRequest> = {}): OpenRunRequest {
  return {
    name: "r",
    command: "synth",
    spec: { search: { rollouts: 8, window: 1 }, policy: "m" },
    provenance: {
      config: { concurrency: 4 },
      codeRev: "abc",
      sandboxTier: "namespaces",
      packages: { sympy: "1.14.0" },
      models: { policy: "m" },
      seed: 1,
    },
    mode: "continue",
    ...changes,
  };
}
