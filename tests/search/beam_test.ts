import assert from "node:assert/strict";
import { scriptedPpm } from "../../lib/endpoint/mod.ts";
import { beamSearch, chooseAnswer } from "../../lib/search/mod.ts";
import { answer, lastStep, policyOf, PROBLEM, spec, step, toyDomain } from "./_doubles.ts";

const beamSpec = spec({ candidates: 3, guidance: "ppm", maxDepth: 4 });
const score = scriptedPpm((text) => Number(/(\d+)[^\d]*$/.exec(text)?.[1] ?? 0));

async function run(
  draw: Parameters<typeof policyOf>[0],
  options: { width: number; maxDepth?: number },
) {
  const policy = policyOf(draw);
  const tree = await beamSearch(PROBLEM, {
    spec: { ...beamSpec, maxDepth: options.maxDepth ?? 4 },
    seed: 0,
    policy,
    ppm: score,
    domain: toyDomain(),
    width: options.width,
    now: () => 0,
  });
  return { tree, policy };
}

Deno.test("beamSearch() keeps the best paths, drops failures and takes finished ones out of the beam", async () => {
  const { tree, policy } = await run((solution) => {
    if (solution === "") return [step("a = 1"), step("raise 9"), step("a = 2")];
    if (solution.includes("output")) return [answer(/print (\d)/.exec(solution)?.[1] ?? "")];
    return solution.endsWith("2\n<end_of_step>")
      ? [lastStep("print 7"), step("b = 5"), step("b = 6")]
      : [step("c = 3"), step("c = 4"), step("c = 1")];
  }, { width: 2, maxDepth: 5 });
  const kept = tree.nodes.filter((n) => n.status === "ok" && (!n.closed || n.terminal));
  // Depth 1: 1 and 2. Depth 2: of 7, 5, 6, 3, 4, 1 the best two, 7 and 6. Depth 3: below 7 the answer 7 (finished), below 6
  // 3 and 4, of which one place is left for the 4. Depth 4: 4 is the best of it; depth 5 is too deep.
  assert.deepEqual(kept.map((n) => `${n.depth}:${n.code ?? n.answer}`), [
    "0:null",
    "1:a = 1",
    "1:a = 2",
    "2:print 7",
    "2:b = 6",
    "3:7",
    "3:c = 4",
    "4:c = 4",
  ]);
  assert.equal(policy.requests.length, 1 + 2 + 2 + 1 + 1);
  assert.equal(tree.rollouts.length, 0);
  const final = chooseAnswer(tree, {
    rule: "logit",
    calibration: score.calibration,
    answerKey: (a) => a,
  });
  assert.equal(final?.answer, "7");
});

Deno.test("beamSearch() follows the best path to the greatest depth", async () => {
  const { tree, policy } = await run(
    () => [`\n${answer("1")}`, `\n${answer("2")}`, step("a = 9")],
    { width: 1 },
  );
  // The step scores best and goes on until the greatest depth, where only answers are left.
  assert.equal(policy.requests.length, 4);
  assert.equal(tree.stopReason, "closed");
});

Deno.test("beamSearch() ends when as many paths are finished as it is wide", async () => {
  const { tree, policy } = await run(
    () => [`\n${answer("8")}`, `\n${answer("9")}`, step("a = 1")],
    { width: 2 },
  );
  assert.equal(policy.requests.length, 1);
  assert.deepEqual(tree.nodes.map((n) => n.closed), [false, false, false, true]);
});

Deno.test("beamSearch() refuses a width under 1 and a missing PPM", async () => {
  const options = { spec: beamSpec, seed: 0, policy: policyOf(() => []), domain: toyDomain() };
  await assert.rejects(beamSearch(PROBLEM, { ...options, ppm: null, width: 2 }), {
    name: "ConfigError",
    message: "Cannot run a beam search: expected a PPM, got none; name a PPM endpoint",
  });
  await assert.rejects(beamSearch(PROBLEM, { ...options, ppm: score, width: 0 }), {
    name: "ConfigError",
    message:
      "Cannot run a beam search of width 0: expected a positive integer; choose a width of at least 1",
  });
});
