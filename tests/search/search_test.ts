import assert from "node:assert/strict";
import { InfrastructureError, type NodeRecord, type TreeRecord } from "../../lib/core/mod.ts";
import { scriptedPolicy, scriptedPpm } from "../../lib/endpoint/mod.ts";
import { PRESETS, SearchCache, searchTree, solveTree } from "../../lib/search/mod.ts";
import {
  answer,
  interpret,
  lastStep,
  policyOf,
  PROBLEM,
  QUESTION,
  search,
  solutionOf,
  spec,
  step,
  toyDomain,
} from "./_doubles.ts";

/** x^2 = 9: two first steps, one of which takes the negative root. */
const squareRoot = policyOf((solution) => {
  if (solution === "") return [step("x = -3"), step("x = 3")];
  if (solution.endsWith("-3\n<end_of_step>")) {
    return [lastStep("print -3"), lastStep("print -3 # x")];
  }
  if (solution.endsWith("3\n<end_of_step>")) return [lastStep("print 3"), lastStep("print  3")];
  return [answer(/<output>(.*)<end_of_output>/.exec(solution)?.[1] ?? "")];
});

function byText(tree: TreeRecord, part: string): NodeRecord {
  const found = tree.nodes.filter((node) => node.text.includes(part));
  assert.equal(found.length, 1, `expected one node with ${part}, got ${found.length}`);
  return found[0] as NodeRecord;
}

function numbers(node: NodeRecord | undefined) {
  return [node?.visits, node?.valueSum, node?.qValue, node?.multiplicity, node?.closed];
}

Deno.test("searchTree() grows the tree of x^2 = 9 that was worked out by hand", async () => {
  // Rollout 1: N = 0 everywhere, so the first draw x = -3, its program (two equal draws, merged), answer -3: -1 to 4 nodes.
  // Rollout 2: x = 3 has N = 0 and comes first: answer 3, +1. Then every answer is closed, and with it every program, but
  // the steps and the root have draws left: the tree is dry, it has a right answer, so it stops.
  const tree = await search(squareRoot, { spec: { candidates: 2 } });
  assert.deepEqual(tree.nodes.map((n) => [n.nodeId, n.parentId, n.depth, n.kind, n.status]), [
    [0, null, 0, "root", "ok"],
    [1, 0, 1, "step", "ok"],
    [2, 0, 1, "step", "ok"],
    [3, 1, 2, "code_end", "ok"],
    [4, 3, 3, "answer", "ok"],
    [5, 2, 2, "code_end", "ok"],
    [6, 5, 3, "answer", "ok"],
  ]);
  assert.deepEqual(tree.nodes.map(numbers), [
    [2, 0, 0, 1, false],
    [1, -1, -1, 1, false],
    [1, 1, 1, 1, false],
    [1, -1, -1, 2, true],
    [1, -1, -1, 1, true],
    [1, 1, 1, 2, true],
    [1, 1, 1, 1, true],
  ]);
  assert.deepEqual(tree.nodes.map((n) => n.pathQ), [null, -1, 1, -1, -1, 1, 1]);
  assert.deepEqual(tree.rollouts, [{ leafId: 4, value: -1 }, { leafId: 6, value: 1 }]);
  assert.equal(tree.stopReason, "closed");
  assert.deepEqual([tree.correctTerminals, tree.wrongTerminals, tree.firstCorrectRollout], [
    1,
    1,
    2,
  ]);
  assert.equal(tree.nodes[3]?.text, "\n\nprint -3\n<end_of_code>\n<output>-3<end_of_output>\n");
  assert.deepEqual(tree.nodes.map((n) => n.correct), [null, null, null, null, false, null, true]);
  assert.equal(tree.usage.policyRequests, 5);
  assert.deepEqual([tree.usage.executions, tree.usage.executionsCached], [4, 0]);
});

Deno.test("searchTree() adds end values to the PPM's value, one visit each", async () => {
  // tanh(0.5) = 0.46212, tanh(-0.5) = -0.46212. The PPM prefers x = -3: rollout 1 goes there (-1). Then
  // Q(-3) = (0.46212 - 1) / 2 = -0.26894, N = 2; Q(3) = -0.46212, N = 1; N_parent = 1, ln 1 = 0: x = -3 again, but nothing
  // is open there, so x = 3.
  const ppm = scriptedPpm((text) => text.includes("-3") ? 0.5 : -0.5);
  const tree = await search(squareRoot, { spec: { candidates: 2, guidance: "ppm" }, ppm });
  const wrong = byText(tree, "x = -3");
  assert.deepEqual([wrong.visits, wrong.valueSum, wrong.ppmLogit], [1, -1, 0.5]);
  assert.ok(Math.abs((wrong.qValue ?? 0) - (Math.tanh(0.5) - 1) / 2) < 1e-12);
  const right = byText(tree, "\nx = 3");
  assert.ok(Math.abs((right.qValue ?? 0) - (Math.tanh(-0.5) + 1) / 2) < 1e-12);
  assert.deepEqual([tree.nodes[0]?.ppmLogit, tree.nodes[0]?.qValue], [null, 0]);
});

/** Answers beside steps: draws of the root are a step, a wrong and a right answer. */
const mixedDraws = policyOf((solution) =>
  solution === "" ? [step("x = 3"), `\n${answer("2")}`, `\n${answer("3")}`] : [
    lastStep("print 3"),
    lastStep("print 4"),
    lastStep("print 5"),
  ]
);

Deno.test("searchTree() gives an answer its judgement as Q and never asks the PPM for it", async () => {
  const asked: string[] = [];
  const ppm = scriptedPpm((text) => {
    asked.push(text);
    return 3;
  });
  const spec = { candidates: 3, rollouts: 1, guidance: "ppm" as const };
  const tree = await search(mixedDraws, { spec, ppm });
  assert.ok(asked.length > 0 && asked.every((text) => !text.includes("<answer>")));
  // What has no score and no visit comes first, as everywhere: the earlier answer, not the step of logit 3.
  assert.deepEqual(tree.rollouts, [{ leafId: 2, value: -1 }]);
  assert.deepEqual(
    tree.nodes.slice(1).map((node) => [node.kind, node.visits, node.ppmLogit, node.qValue]),
    [
      ["step", 0, 3, Math.tanh(3)],
      ["answer", 1, null, -1],
      // No rollout has arrived at it, and it is right all the same.
      ["answer", 0, null, 1],
    ],
  );
});

Deno.test("solveTree() gives an answer the PPM's value", async () => {
  const tree = await solveTree(PROBLEM, {
    spec: spec({ candidates: 3, rollouts: 1, guidance: "ppm" }),
    seed: 0,
    policy: mixedDraws,
    domain: toyDomain(),
    now: () => 0,
    ppm: scriptedPpm((text) => text.includes("boxed{3}") ? 2 : 1),
  });
  const answers = tree.nodes.filter(({ kind }) => kind === "answer");
  assert.deepEqual(answers.map((node) => [node.visits, node.ppmLogit, node.qValue, node.correct]), [
    [0, 1, Math.tanh(1), null],
    [1, 2, Math.tanh(2), null],
  ]);
});

Deno.test('searchTree() with draws "first-answer" keeps equal texts once, and a finished answer alone', async () => {
  const policy = policyOf((solution) => {
    if (solution !== "") return [answer("2"), answer("3"), answer("2"), answer("3")];
    return [lastStep("print 3"), step("x = 1"), lastStep("print 3"), step("x  = 1")];
  });
  const options = { candidates: 4, answerCandidates: 4, rollouts: 1, merge: false };
  const tree = await search(policy, { spec: { ...options, draws: "first-answer" } });
  assert.deepEqual(
    tree.nodes.slice(1).map((node) => [node.kind, node.drawIndex, node.multiplicity, node.answer]),
    [
      ["code_end", 0, 2, null],
      ["step", 1, 1, null],
      ["step", 3, 1, null],
      ["answer", 0, 2, "2"],
    ],
  );
  const all = await search(policy, { spec: options });
  assert.equal(all.nodes.length, 9);
});

Deno.test('searchTree() with failedPrograms "go-on" lets an answer follow a failed program and how it failed', async () => {
  const policy = policyOf((solution) => [solution === "" ? lastStep("raise 1") : answer("3")]);
  const options = { candidates: 1, rollouts: 1, errorsAllowed: 1 };
  const tree = await search(policy, { spec: { ...options, failedPrograms: "go-on" } });
  const [, program, found] = tree.nodes;
  assert.deepEqual([program?.status, program?.terminal, found?.correct], [
    "code_error",
    false,
    true,
  ]);
  assert.ok(program?.text.endsWith("<end_of_code>\n<output>ValueError: raised<end_of_output>\n"));
  assert.equal((await search(policy, { spec: options })).nodes.length, 2);
});

Deno.test('searchTree() with closing "when-met" spends a rollout on every node that it finds finished', async () => {
  const policy = policyOf((solution) => [
    solution === ""
      ? step("x = 3")
      : solution.includes("print")
      ? answer("3")
      : lastStep("print x"),
  ]);
  const options = { candidates: 1, rollouts: 9, maxDrawBatches: 1, earlyStop: false };
  // Rollout 1 arrives and closes the program; then the step, and then the root, are met.
  const tree = await search(policy, { spec: { ...options, closing: "when-met" } });
  assert.deepEqual(tree.rollouts, [
    { leafId: 3, value: 1 },
    { leafId: null, value: 0 },
    { leafId: null, value: 0 },
  ]);
  assert.deepEqual([tree.stopReason, tree.nodes.map(({ closed }) => closed)], [
    "closed",
    [true, true, true, true],
  ]);
  assert.equal((await search(policy, { spec: options })).rollouts.length, 1);
});

Deno.test("searchTree() scores a program together with its output", async () => {
  const texts: string[] = [];
  const ppm = scriptedPpm((text) => {
    texts.push(text);
    return 0;
  });
  await search(squareRoot, { spec: { candidates: 2, guidance: "ppm" }, ppm });
  const program = texts.filter((text) => text.includes("print 3") && !text.includes("<answer>"));
  assert.equal(program.length, 1);
  assert.ok(program[0]?.endsWith("<output>3<end_of_output>\n"));
  assert.ok(program[0]?.startsWith(`<|user|>:\n${QUESTION}\n<|assistant|>:`));
});

Deno.test("searchTree() backs up one -1 from the node whose candidates all failed", async () => {
  const policy = policyOf((solution) =>
    solution === "" ? [step("x = 1"), step("raise 1")] : [step("raise 2"), step("raise 3")]
  );
  const options = { candidates: 2, rollouts: 1 };
  const tree = await search(policy, { spec: options });
  assert.deepEqual(tree.rollouts, [{ leafId: 1, value: -1 }]);
  assert.deepEqual(numbers(tree.nodes[1]), [1, -1, -1, 1, false]);
  // Failed candidates are -1 of their own and take no visit.
  assert.deepEqual(numbers(byText(tree, "raise 1")), [0, 0, -1, 1, true]);
  assert.deepEqual(byText(tree, "raise 2").status, "code_error");
  const quiet = await search(policy, { spec: { ...options, propagateFailures: false } });
  assert.deepEqual(quiet.rollouts, [{ leafId: null, value: 0 }]);
  assert.equal(quiet.nodes[0]?.visits, 0);
});

Deno.test("searchTree() draws a dry tree again, the root first, and merges what is drawn again", async () => {
  const policy = policyOf((solution, visit) => {
    if (solution !== "") return [answer(solution.includes("x = 3") ? "3" : "-3")];
    return visit === 0
      ? [lastStep("x = -3")]
      : [visit === 1 ? lastStep("x=-3") : lastStep("x = 3")];
  });
  const tree = await search(policy, { spec: { candidates: 1, rollouts: 8 } });
  // Rollout 1 wrong; 2 draws the same program again and changes nothing; 3 draws the right one.
  assert.deepEqual(tree.rollouts.map((r) => r.value), [-1, 0, 1]);
  assert.equal(byText(tree, "x = -3").multiplicity, 2);
  assert.deepEqual([byText(tree, "x = 3").drawIndex, tree.firstCorrectRollout], [2, 3]);
  assert.equal(tree.stopReason, "closed");
  const seeds = policy.requests.filter((r) => solutionOf(r) === "").map((r) => r.seed);
  assert.equal(new Set(seeds).size, 3);
});

Deno.test("searchTree() closes the root when every node has had its draws", async () => {
  const policy = policyOf((solution) => solution === "" ? [lastStep("print -3")] : [answer("-3")]);
  const tree = await search(policy, { spec: { candidates: 1, rollouts: 16, maxDrawBatches: 3 } });
  assert.equal(tree.stopReason, "closed");
  assert.equal(tree.nodes[0]?.closed, true);
  assert.equal(tree.rollouts.length, 3);
  assert.equal(byText(tree, "print -3").multiplicity, 3);
});

Deno.test("searchTree() stops early at two right and two wrong answers, or at four right ones", async () => {
  const answers = (values: readonly number[]) =>
    policyOf((solution) =>
      solution === ""
        ? values.map((v, i) => lastStep(`print ${v} + ${i}`))
        : [answer(/print (-?\d+)/.exec(solution)?.[1] ?? "")]
    );
  const run = (values: readonly number[]) =>
    search(answers(values), { spec: { candidates: values.length, rollouts: 16 } });
  const mixed = await run([3, 1, 3, 1, 3, 1]);
  assert.deepEqual([mixed.stopReason, mixed.rollouts.length], ["early_stop", 4]);
  const easy = await run([3, 3, 3, 3, 3, 3]);
  assert.deepEqual([easy.stopReason, easy.rollouts.length], ["early_stop", 4]);
  const off = await search(answers([3, 3, 3, 3, 3, 3]), {
    spec: { candidates: 6, rollouts: 5, earlyStop: false },
  });
  assert.deepEqual([off.stopReason, off.rollouts.length], ["budget", 5]);
});

Deno.test("searchTree() stops at its budgets of tokens and of time", async () => {
  const manyTokens = await search(
    scriptedPolicy((r) => Array.from({ length: r.n }, (_, i) => step(`raise ${i}`))),
    { spec: { budgetTokens: 1, rollouts: 9 } },
  );
  assert.deepEqual([manyTokens.stopReason, manyTokens.rollouts.length], ["tokens", 1]);
  let clock = 0;
  const tree = await searchTree(PROBLEM, {
    spec: spec({ candidates: 2, budgetSeconds: 1.5 }),
    seed: 0,
    policy: scriptedPolicy((r) => {
      clock += 1000;
      return solutionOf(r) === "" ? [step("a"), step("b")] : [step("raise 1"), step("raise 2")];
    }),
    ppm: null,
    domain: toyDomain(),
    now: () => clock,
  });
  assert.equal(tree.stopReason, "time");
  assert.equal(tree.rollouts.length, 1);
});

Deno.test("searchTree() executes only the best candidates when it prescreens", async () => {
  const ran: string[] = [];
  const policy = policyOf((solution) =>
    solution === ""
      ? [lastStep("print 1"), lastStep("print 2"), lastStep("print 3")]
      : [answer("3")]
  );
  const ppm = scriptedPpm((text) => Number(/print (\d)/.exec(text)?.[1]));
  const tree = await search(policy, {
    spec: { candidates: 3, rollouts: 1, guidance: "ppm", prescreen: 1 },
    ppm,
    script: (path) => {
      ran.push(path.at(-1) ?? "");
      return interpret(path);
    },
  });
  assert.deepEqual(ran, ["print 3"]);
  assert.deepEqual(tree.nodes.map((n) => n.status), [
    "ok",
    "screened_out",
    "screened_out",
    "ok",
    "ok",
  ]);
  const screened = tree.nodes[1];
  assert.deepEqual([screened?.ppmLogit, screened?.visits, screened?.closed], [1, 0, true]);
  assert.equal(screened?.qValue, Math.tanh(1));
});

Deno.test("searchTree() lets a failed step stay for a correction, from the state before it", async () => {
  const paths: (readonly string[])[] = [];
  const policy = policyOf((solution) => {
    if (solution === "") return [step("x = 1")];
    if (solution.endsWith("x = 1\n<end_of_step>")) return [step("raise 1")];
    return solution.includes("<output>") ? [answer("3")] : [lastStep("print 3")];
  });
  const options = { candidates: 1, rollouts: 1 };
  const tree = await search(policy, {
    spec: { ...options, errorsAllowed: 1 },
    script: (path) => {
      paths.push(path);
      return interpret(path);
    },
  });
  assert.deepEqual(paths, [["x = 1"], ["x = 1", "raise 1"], ["x = 1", "print 3"]]);
  const failed = byText(tree, "raise 1");
  assert.deepEqual([failed.status, failed.terminal, failed.visits, failed.qValue], [
    "code_error",
    false,
    1,
    1,
  ]);
  const strict = await search(policy, { spec: options });
  assert.deepEqual(strict.rollouts, [{ leafId: 1, value: -1 }]);
});

Deno.test("searchTree() joins a step that ended too early with the next one", async () => {
  const paths: (readonly string[])[] = [];
  const policy = policyOf((solution) => {
    if (solution === "") return [step("x = max(")];
    return solution.includes("<output>") ? [answer("3")] : [lastStep("3, 2) ; print 3")];
  });
  await search(policy, {
    spec: { candidates: 1, rollouts: 1, errorsAllowed: 1 },
    script: (path) => {
      paths.push(path);
      return interpret(path);
    },
  });
  assert.deepEqual(paths, [["x = max("], ["x = max(\n3, 2) ; print 3"]]);
});

Deno.test("searchTree() marks code as too deep at the limit, answers not", async () => {
  const policy = policyOf(() => [step("x = 1"), `\n${answer("3")}`]);
  const tree = await search(policy, { spec: { candidates: 2, rollouts: 1, maxDepth: 1 } });
  assert.deepEqual(tree.nodes.map((n) => n.status), ["ok", "too_deep", "ok"]);
  assert.deepEqual(tree.rollouts, [{ leafId: 2, value: 1 }]);
});

Deno.test("searchTree() draws several answers after a program and backs each up once", async () => {
  const policy = policyOf((solution) =>
    solution === ""
      ? [lastStep("print 3")]
      : [answer("1"), answer("3.0"), answer("3"), "?<end_of_answer>"]
  );
  const tree = await search(policy, { spec: { candidates: 1, answerCandidates: 4, rollouts: 9 } });
  assert.deepEqual(tree.nodes.map((n) => [n.kind, n.status, n.multiplicity]), [
    ["root", "ok", 1],
    ["code_end", "ok", 1],
    ["answer", "ok", 1],
    ["answer", "ok", 2],
    ["failed", "unparsable", 1],
  ]);
  assert.deepEqual(tree.rollouts, [{ leafId: 2, value: -1 }, { leafId: 3, value: 1 }]);
});

Deno.test("searchTree() throws what the endpoint throws, and ends the other rollouts", async () => {
  let requests = 0;
  const policy = scriptedPolicy((request) => {
    requests++;
    if (solutionOf(request) !== "") throw new InfrastructureError("endpoint", "Cannot reach it");
    return [step("a"), step("b"), step("c")];
  });
  await assert.rejects(
    search(policy, { spec: { candidates: 3, window: 3 } }),
    new InfrastructureError("endpoint", "Cannot reach it"),
  );
  assert.equal(requests, 2);
});

Deno.test("searchTree() throws what the sandbox throws", async () => {
  const lost = new InfrastructureError("sandbox", "Cannot run a step: the worker is gone");
  await assert.rejects(
    search(squareRoot, {
      spec: { candidates: 2 },
      script: () => {
        throw lost;
      },
    }),
    lost,
  );
});

Deno.test("searchTree() refuses guidance and PPM that do not go together", async () => {
  await assert.rejects(search(squareRoot, { spec: { guidance: "ppm" } }), {
    name: "ConfigError",
    message:
      'Cannot search with guidance "ppm": expected a PPM, got none; name a PPM endpoint or use guidance "terminal"',
  });
  await assert.rejects(search(squareRoot, { ppm: scriptedPpm(() => 0) }), {
    name: "ConfigError",
    message:
      'Cannot search with guidance "terminal": expected no PPM, got one; leave the PPM out or use guidance "ppm"',
  });
});

Deno.test("searchTree() takes checks from other trees and rebuilds a state only when it is needed", async () => {
  const cache = new SearchCache();
  const ran: string[] = [];
  const grow = (code: string) =>
    searchTree(PROBLEM, {
      spec: spec({ candidates: 1, rollouts: 1 }),
      seed: 0,
      ppm: null,
      cache,
      now: () => 0,
      policy: policyOf((solution) =>
        solution === ""
          ? [step("x = 1")]
          : solution.includes("<output>")
          ? [answer("3")]
          : [lastStep(code)]
      ),
      domain: toyDomain((path) => {
        ran.push(path.join(" | "));
        return interpret(path);
      }),
    });
  await grow("print 3");
  const same = await grow("print 3");
  assert.deepEqual([same.usage.executions, same.usage.executionsCached], [0, 2]);
  const other = await grow("print 4");
  assert.deepEqual([other.usage.executions, other.usage.executionsCached], [1, 1]);
  assert.deepEqual(ran, ["x = 1", "x = 1 | print 3", "x = 1", "x = 1 | print 4"]);
});

Deno.test("solveTree() reaches no reference answer and takes end values from the PPM", async () => {
  const trap = {
    id: PROBLEM.id,
    question: QUESTION,
    get answer(): string {
      throw new Error("the reference answer was read");
    },
    get meta(): never {
      throw new Error("the meta data were read");
    },
  };
  const domain = {
    ...toyDomain(),
    judge: () => {
      throw new Error("an answer was judged");
    },
  };
  const tree = await solveTree(trap, {
    spec: spec({ ...PRESETS["starter/test"].spec, candidates: 2 }),
    seed: 0,
    policy: squareRoot,
    ppm: scriptedPpm((text) => text.includes("boxed{3}") ? 2 : 1),
    domain,
    now: () => 0,
  });
  assert.deepEqual(tree.rollouts.map((r) => r.value), [Math.tanh(1), Math.tanh(2)]);
  assert.ok(tree.nodes.every((node) => node.correct === null));
  assert.equal(byText(tree, "boxed{3}").qValue, Math.tanh(2));
  assert.deepEqual([tree.correctTerminals, tree.wrongTerminals], [0, 0]);
});
