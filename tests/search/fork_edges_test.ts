/** Forks at the edges of a segment, of the context and of a server (docs/search.md, "Forks"). */
import assert from "node:assert/strict";
import { OTHER_TOKENS, type Policy } from "../../lib/endpoint/mod.ts";
import { SearchSpec } from "../../lib/search/mod.ts";
import { search, spec } from "./_doubles.ts";
import { FORK, policyIn, type World } from "./_fork_worlds.ts";

/** A world of one program, `print 3` or `print 4`, with what the tests put in its places. */
function programs(behind: Readonly<Record<string, ReturnType<World>>>): World {
  return (solution) => {
    const output = /<output>(\w*)<end_of_output>\n$/.exec(solution)?.[1];
    if (output !== undefined) return [[`<answer>\\boxed{${output}}<end_of_answer>`, 1]];
    const found = Object.entries(behind).find(([end]) => end !== "" && solution.endsWith(end));
    if (found !== undefined) return found[1];
    return behind[""] ?? [["\n\nprint 3", 0.75], ["\n\nprint 4", 0.25]];
  };
}

const END = "\n<end_of_code>";

Deno.test("a fork at the first token makes a sibling, and one behind an output is left out", async () => {
  const world: World = (solution) =>
    solution.endsWith("<end_of_output>\n")
      ? [["<answer>\\boxed{3}<end_of_answer>", 0.5], ["<answer>\\boxed{9}<end_of_answer>", 0.5]]
      : programs({ "print 3": [[END, 1]], "print 4": [[END, 1]] })(solution);
  const tree = await search(policyIn(world), { spec: FORK });
  const first = tree.nodes.filter(({ depth }) => depth === 1);
  assert.deepEqual(first.map(({ code }) => code).toSorted(), ["print 3", "print 4"]);
  // To a given output one answer is enough.
  assert.equal(tree.nodes.filter(({ kind }) => kind === "answer").length, 2);
  assert.equal(tree.stopReason, "closed");
});

Deno.test("a fork whose token ends the segment costs no request and no token", async () => {
  const policy = policyIn(programs({
    "print 3": [[END, 0.6], ["\n<end_of_step>", 0.4]],
    "print 4": [[END, 1]],
  }));
  const tree = await search(policy, { spec: { ...FORK, maxDepth: 2 } });
  const kinds = tree.nodes.filter(({ code, depth }) => code === "print 3" && depth === 1);
  assert.deepEqual(kinds.map(({ kind }) => kind).toSorted(), ["code_end", "step"]);
  assert.equal(kinds.filter(({ generatedTokens }) => generatedTokens === 0).length, 1);
  assert.ok(
    policy.requests.every(({ continuation = [] }) => !continuation.at(-1)?.text.includes("<end")),
  );
});

Deno.test("a fork whose token ends the sequence is a failed candidate, and nothing is drawn behind it", async () => {
  const policy = policyIn(programs({
    "print 3": [[END, 0.6], ["", 0.4]],
    "print 4": [[END, 1]],
  }));
  const tree = await search(policy, { spec: FORK });
  const failed = tree.nodes.filter(({ status }) => status !== "ok");
  assert.deepEqual(failed.map(({ kind, status, text }) => [kind, status, text.trim()]), [
    ["failed", "unparsable", "print 3"],
  ]);
  assert.ok(policy.requests.every(({ continuation = [] }) => continuation.at(-1)?.isEnd !== true));
});

Deno.test("a stop string of several tokens ends the segment where it began in the forced text", async () => {
  // What the server sees behind the fork, "code>", is no stop string: it goes on.
  const world = programs({
    "print 3": [["\n<end_of_", 0.5], ["\n<end_", 0.5]],
    "print 4": [[END, 1]],
    "<end_of_": [["code>", 1]],
    "<end_": [["of_code>", 1]],
  });
  const honest = policyIn(world);
  const blind: Policy = {
    ...honest,
    sample: async (request, options) => {
      const reply = await honest.sample(request, options);
      if (request.continuation === undefined) return reply;
      const completions = reply.completions.map((one) => ({
        ...one,
        text: `${one.text}and more`,
        finishReason: "length" as const,
        stopString: null,
        tokens: one.tokens + 1,
        generated: [...one.generated ?? [], {
          id: 1_000,
          text: "and more",
          bytes: null,
          logprob: -1,
          alternatives: [{ id: 1_001, text: "never", bytes: null, logprob: -2 }],
        }],
      }));
      return { ...reply, completions };
    },
  };
  const tree = await search(blind, { spec: FORK });
  assert.ok(tree.nodes.every(({ status }) => status === "ok"));
  assert.deepEqual(
    tree.nodes.filter(({ kind }) => kind === "code_end").map(({ code }) => code).toSorted(),
    ["print 3", "print 4"],
  );
  assert.ok(tree.nodes.every(({ text }) => !text.includes("more") && !text.includes("never")));
});

Deno.test("a fork in a comment keeps its tokens, and merges into the step whose code it has", async () => {
  const policy = policyIn(programs({
    "": [["\n\n# sure", 0.5], ["\n\n# well", 0.5]],
    "# sure": [["\nprint 3", 1]],
    "# well": [["\nprint 3", 1]],
    "print 3": [[END, 1]],
  }));
  const tree = await search(policy, { spec: FORK });
  const [program, more] = tree.nodes.filter(({ kind }) => kind === "code_end");
  assert.equal(more, undefined);
  assert.equal(program?.multiplicity, 2);
  assert.equal(program?.forks?.policyLogprob, 0);
  assert.deepEqual(tree.rollouts.map(({ value }) => value), [1, 0]);
});

Deno.test("a fork without room in segment or context is left out, counted, and asked nobody for", async () => {
  const long = "\n\n# " + "word ".repeat(40);
  const world = programs({
    "": [[long, 0.5], ["\n\nprint 3", 0.5]],
    "print 3": [[END, 1]],
    "word ": [["\nprint 3", 0.5], ["\nprint 4", 0.5]],
    "print 4": [[END, 1]],
  });
  const policy = policyIn(world);
  const cramped: Partial<SearchSpec> = { ...FORK, maxTokens: 1, propagateFailures: false };
  const tree = await search(policy, { spec: cramped });
  assert.ok((tree.forks?.skipped ?? 0) > 0);
  assert.ok(policy.requests.every(({ continuation = [] }) => continuation.length < 1));
  assert.equal(tree.forks?.openMass, 0);
});

Deno.test("a fork whose text encodes to other tokens is left out and counted", async () => {
  const honest = policyIn(programs({ "print 3": [[END, 1]], "print 4": [[END, 1]] }));
  const policy: Policy = {
    ...honest,
    tokens: { maxAlternatives: 8, continuation: "text" },
    sample: async (request, options) => {
      const reply = await honest.sample(request, options);
      if (request.continuation === undefined) return reply;
      const refused = { text: "", finishReason: "aborted" as const, stopString: null, tokens: 0 };
      return { ...reply, completions: [{ ...refused, serverReason: OTHER_TOKENS }] };
    },
  };
  const tree = await search(policy, { spec: FORK });
  assert.equal(tree.forks?.skipped, 1);
  assert.equal(tree.nodes.filter(({ kind }) => kind === "code_end").length, 1);
  assert.deepEqual(tree.rollouts.at(-1), { leafId: null, value: 0 });
});

Deno.test("a reply without the log-probabilities that were asked for is the machinery's failure", async () => {
  const honest = policyIn(programs({ "print 3": [[END, 1]] }));
  const policy: Policy = {
    ...honest,
    sample: async (request, options) => {
      const reply = await honest.sample(request, options);
      const completions = reply.completions.map(({ generated: _, ...one }) => one);
      return { ...reply, completions };
    },
  };
  await assert.rejects(search(policy, { spec: FORK }), {
    name: "InfrastructureError",
    message: /expected log-probabilities, got a reply without/,
  });
});

Deno.test("a server that shows fewer alternatives than asked is asked for those it has", async () => {
  const world = programs({ "print 3": [[END, 1]], "print 4": [[END, 1]] });
  const policy = policyIn(world, 1);
  const tree = await search(policy, { spec: FORK });
  assert.deepEqual(policy.requests.map(({ logprobs }) => logprobs), policy.requests.map(() => 1));
  assert.equal(tree.nodes.filter(({ kind }) => kind === "code_end").length, 2);
});

Deno.test("SearchSpec refuses forks where whole solutions are drawn", () => {
  const parsed = SearchSpec.safeParse(spec({ expansion: "fork", draw: "solution" }));
  assert.deepEqual(parsed.error?.issues.map(({ path }) => path), [["expansion"]]);
  assert.ok(SearchSpec.safeParse(spec({ expansion: "fork" })).success);
});
