/** Insists, with the real sandbox, that what is judged is what is kept: running a path's stored texts gives its stored outcomes. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type NodeRecord, outputBlock, type TreeRecord } from "../../lib/core/mod.ts";
import { codeInText, type Domain, mathDomain } from "../../lib/domain/mod.ts";
import { scriptedPolicy } from "../../lib/endpoint/mod.ts";
import { exactGrader } from "../../lib/grading/mod.ts";
import { searchTree } from "../../lib/search/mod.ts";
import { drawnCode } from "../domain/_drawn_code.ts";

import { openReal, testReal } from "../real_sandbox.ts";
import { answer, PROBLEM, solutionOf, spec } from "./_doubles.ts";

/** A policy whose draws are a function of the request's seed. */
function drawingPolicy() {
  const segment = fc.tuple(
    drawnCode,
    fc.constantFrom("", "x = 1\n", "x = 2\nprint(x)\n", "<code>\nx = 3\nx\n"),
    fc.constantFrom("<end_of_step>", "<end_of_step>", "<end_of_code>"),
  ).map((parts) => parts.join(""));
  return scriptedPolicy((request) =>
    solutionOf(request).endsWith("<end_of_output>\n")
      ? [answer("3")]
      : fc.sample(segment, { seed: request.seed, numRuns: request.n })
  );
}

/** Texts of the steps from the root to a node. */
function pathTo(node: NodeRecord, tree: TreeRecord): readonly NodeRecord[] {
  const above = tree.nodes[node.parentId ?? 0];
  return node.parentId === null || above === undefined ? [] : [...pathTo(above, tree), node];
}

/**
 * Runs what the texts of a path show, as anybody could who knows the format: a failed step leaves nothing behind, and one that failed
 * because its text ended too early is run together with the next.
 */
async function replay(path: readonly NodeRecord[], domain: Domain) {
  await using checker = domain.openChecker();
  let carried = "";
  let last = null;
  let parent = null;
  for (const { text, kind } of path) {
    assert.ok(kind === "step" || kind === "code_end");
    const code = codeInText(text, kind);
    assert.notEqual(code, null, text);
    last = await checker.check({ parent, code: `${carried}${code}`, keep: true });
    if (last.result === "fail") carried = last.isIncomplete ? `${carried}${code}\n` : "";
    else [parent, carried] = [last.state, ""];
  }
  return last?.evidence ?? null;
}

testReal("running the stored texts of any path gives exactly its stored outcomes", async () => {
  await using sandbox = await openReal();
  const grader = exactGrader();
  const domain = mathDomain({ sandbox, grader, prompt: "trained", api: "completions" });
  const seen = { ok: 0, error: 0, corrected: 0, outputs: 0 };
  for (let seed = 0; seed < 6; seed++) {
    const tree = await searchTree(PROBLEM, {
      spec: spec({ candidates: 6, rollouts: 6, errorsAllowed: seed % 3, maxDepth: 6 }),
      seed,
      policy: drawingPolicy(),
      ppm: null,
      domain,
    });
    for (const node of tree.nodes) {
      if (node.execution === null || node.code === null) continue;
      const path = pathTo(node, tree);
      const outcome = await replay(path, domain);
      const of = (record: typeof outcome) =>
        record && [record.status, record.stdout, record.errorType, record.errorMessage];
      assert.deepEqual(of(outcome), of(node.execution), path.map(({ text }) => text).join(""));
      if (node.kind === "code_end" && node.status === "ok") {
        assert.ok(node.text.endsWith(outputBlock((outcome?.stdout ?? "").replace(/\n+$/, ""))));
        seen.outputs++;
      }
      seen[node.status === "ok" ? "ok" : "error"]++;
      if (node.status === "ok" && path.at(-2)?.status === "code_error") seen.corrected++;
    }
  }
  assert.ok(Object.values(seen).every((count) => count > 5), JSON.stringify(seen));
});
