/** Whole solutions (docs/search.md, "Whole solutions"): a tree that was worked out by hand. */
import assert from "node:assert/strict";
import { type Domain, mathDomain } from "../../lib/domain/mod.ts";
import { scriptedPolicy } from "../../lib/endpoint/mod.ts";
import { exactGrader } from "../../lib/grading/mod.ts";
import { openStubSandbox } from "../../lib/sandbox/mod.ts";
import { PRESETS, type SearchSpec, searchTree } from "../../lib/search/mod.ts";
import { interpret, PROBLEM } from "./_doubles.ts";

const domain: Domain = mathDomain({
  sandbox: openStubSandbox(interpret),
  grader: exactGrader(),
  prompt: "bootstrap",
  api: "chat",
});

const spec = (overrides: Partial<SearchSpec> = {}): SearchSpec => ({
  ...PRESETS.general.spec,
  candidates: 4,
  rollouts: 8,
  ...overrides,
});

const fenced = (...steps: readonly string[]) =>
  `\`\`\`python\n${steps.map((step) => `# step\n${step}`).join("\n")}\n\`\`\``;

/** A policy that writes these texts in turn. */
function writing(texts: readonly string[]) {
  let next = 0;
  return scriptedPolicy(({ n }) => Array.from({ length: n }, () => texts[next++] ?? ""));
}

Deno.test("searchTree() makes one chain of a solution, and one beginning of those that share it", async () => {
  const policy = writing([
    fenced("x = 9", "print 3"),
    fenced("x = 9", "print 4"),
    fenced("x = 9", "print 3"),
    fenced("raise", "print 3"),
  ]);
  const tree = await searchTree(PROBLEM, { spec: spec(), seed: 0, policy, ppm: null, domain });
  // One request for everything: the chains are drawn from what it brought.
  assert.equal(policy.requests.length, 1);
  assert.deepEqual(policy.requests[0]?.stop, []);
  assert.equal(tree.usage.policyRequests, 1);
  assert.deepEqual(
    tree.nodes.map(({ parentId, kind, status, multiplicity, visits, valueSum }) => [
      ...[parentId, kind, status],
      ...[multiplicity, visits, valueSum],
    ]),
    [
      [null, "root", "ok", 1, 2, 0],
      [0, "step", "ok", 3, 2, 0],
      [0, "step", "code_error", 1, 0, 0],
      [1, "code_end", "ok", 2, 1, 1],
      [1, "code_end", "ok", 1, 1, -1],
      [3, "answer", "ok", 2, 1, 1],
      [4, "answer", "ok", 1, 1, -1],
    ],
  );
  assert.equal(tree.stopReason, "closed");
});

Deno.test("searchTree() draws anew from the root, and from a beginning, while nothing is right", async () => {
  const policy = writing([
    ...Array.from({ length: 4 }, () => fenced("x = 9", "print 4")),
    fenced("x = 9", "print 5"),
    ...Array.from({ length: 3 }, () => fenced("x = 8", "print 6")),
    ...Array.from({ length: 4 }, () => fenced("x = 8", "y = 1", "print 3")),
  ]);
  const tree = await searchTree(PROBLEM, { spec: spec(), seed: 0, policy, ppm: null, domain });
  // The second request is at the root; what it brought below the known step is drawn before anything is asked again.
  assert.equal(policy.requests.length, 3);
  const [, second, third] = policy.requests.map(({ prompt }) => JSON.stringify(prompt));
  assert.doesNotMatch(second ?? "", /exactly these lines/);
  assert.match(third ?? "", /exactly these lines.*x = 8/);
  assert.equal(tree.correctTerminals, 1);
  assert.equal(tree.wrongTerminals, 3);
});

Deno.test("searchTree() keeps equal solutions apart where nothing merges", async () => {
  const policy = writing(Array.from({ length: 4 }, () => fenced("x = 9", "print 3")));
  const apart = spec({ merge: false, maxDrawBatches: 1, earlyStop: false });
  const tree = await searchTree(PROBLEM, { spec: apart, seed: 0, policy, ppm: null, domain });
  assert.equal(policy.requests.length, 1);
  assert.equal(tree.nodes.filter(({ kind }) => kind === "answer").length, 4);
});

Deno.test("a reply without a program is one failed candidate, and so is a program that prints no value", async () => {
  const policy = writing(["I do not know.", fenced("x = 9", "print this is nothing"), ..."ab"]);
  const once = spec({ maxDrawBatches: 1 });
  const tree = await searchTree(PROBLEM, { spec: once, seed: 0, policy, ppm: null, domain });
  assert.deepEqual(
    tree.nodes.map(({ status, text }) => [status, text]).filter(([status]) =>
      status === "unparsable"
    ),
    [["unparsable", "I do not know."], ["unparsable", "a"], ["unparsable", "b"], [
      "unparsable",
      "this is nothing\n",
    ]],
  );
});

Deno.test("searchTree() grows the same tree from the same replies, however many rollouts are in flight", async () => {
  const texts = Array.from(
    { length: 64 },
    (_, i) => fenced(`x = ${i % 3}`, `y = ${i % 2}`, `print ${i % 5 + 4}`),
  );
  const grow = async () =>
    (await searchTree(PROBLEM, {
      spec: spec({ window: 4 }),
      seed: 3,
      ppm: null,
      domain,
      policy: writing(texts),
    })).nodes.map(({ text, visits }) => [text, visits]);
  assert.deepEqual(await grow(), await grow());
});
