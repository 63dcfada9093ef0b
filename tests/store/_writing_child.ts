/** Writes trees for ever, prints the problem number of each one after it is durable, and waits to be killed. */
import { openStore } from "../../lib/store/mod.ts";
import { testProblem, testTree } from "../conformance/store.ts";
import { prepareRun } from "./_files.ts";

const [path = "", problems = "1"] = Deno.args;
const store = await openStore(path);
const wanted = Array.from({ length: Number(problems) }, (_, i) => testProblem(i + 1));
const runNo = await prepareRun(store, wanted.length);
const problemNos = await store.putProblems(wanted);
const pending = await store.pending({
  runNo,
  roundNo: 0,
  problemNos,
  seeds: [0],
  maxFailures: 1,
});
const encoder = new TextEncoder();
await Promise.all(Array.from(pending, async ({ index, seed }) => {
  const problemId = wanted[index]?.id ?? "";
  await store.writeTree({ runNo, roundNo: 0 }, testTree(problemId, seed));
  Deno.stdout.writeSync(encoder.encode(`${problemId}\n`));
}));
// Keeps the file open until the parent ends the process.
setInterval(() => {}, 1_000);
