/** Searches one problem and prints its tree: `deno run -A examples/one_problem.ts [URL or checkpoint folder of a policy]`. */
import { mathDomain, openGrader, openGradingSandbox, openModels, openSandbox } from "../mod.ts";
import { PRESETS, searchTree, type TreeRecord } from "../mod.ts";

await using models = await openModels({ policy: Deno.args[0] ?? "fixtures/starter/base" });
await using sandbox = await openSandbox();
await using grading = await openGradingSandbox();
const grader = openGrader({ sandbox: grading });
const domain = mathDomain({ sandbox, grader, prompt: "trained", api: "completions" });
const question =
  "Noah has 18 eggs and buys 50 more. Then 4 guests eat 6 each. How many eggs are there now?";
const problem = { id: "own/1", source: "own", question, answer: "44", level: null, meta: {} };
const spec = { ...PRESETS["starter/r1"].spec, rollouts: 16, earlyStop: false };
const tree = await searchTree(problem, { ...models, domain, spec, seed: 0 });
printBelow(tree, 0);

function printBelow({ nodes }: Pick<TreeRecord, "nodes">, parent: number, indent = "") {
  for (const node of nodes.filter(({ parentId }) => parentId === parent)) {
    const { nodeId, kind, visits, qValue, text } = node;
    console.log(`${indent}${kind} N=${visits} Q=${qValue?.toFixed(2)} ${JSON.stringify(text)}`);
    printBelow({ nodes }, nodeId, `${indent}  `);
  }
}
