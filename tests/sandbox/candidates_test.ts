import assert from "node:assert/strict";
import { Bench, told } from "./_session_bench.ts";

Deno.test("PythonSession.run() runs candidates of a node together, and alone who may not", async () => {
  await using bench = new Bench({ modes: ["company"] });
  const parent = await bench.keep("a");
  const outcomes = await Promise.all(["b", "alone c", "d"].map((code) => bench.run(code, parent)));
  assert.deepEqual(outcomes.map(({ stdout }) => stdout), [
    "together: a > b",
    "a > alone c",
    "together: a > d",
  ]);
  assert.equal((await bench.run("e", parent)).stdout, "a > e", "nobody was with it");
  assert.deepEqual([bench.slot.waiting, bench.slot.running], [0, 0]);
});

Deno.test("PythonSession.run() goes on below a candidate that ran together with others", async () => {
  await using bench = new Bench({ modes: ["company"] });
  const [first] = await Promise.all([bench.keep("a"), bench.keep("b")]);
  const [slow] = await Promise.all([bench.keep("slow c", first), bench.keep("d", first)]);
  // A dear path is worth a process: it is run once more, and the candidates are forked from it.
  const outcomes = await Promise.all(["e", "f"].map((code) => bench.run(code, slow)));
  assert.deepEqual(outcomes.map(told), [
    { path: "a > slow c > e", replayed: 0 },
    { path: "a > slow c > f", replayed: 0 },
  ]);
  assert.equal(bench.slot.liveStates, 1);
});

Deno.test("PythonSession.run() offers no candidates for company again below a code that may have none", async () => {
  await using bench = new Bench({ modes: ["company"] });
  const parent = await bench.keep("alone a");
  const run = () => Promise.all(["b", "c"].map((code) => bench.run(code, parent)));
  for (let round = 0; round < 2; round++) {
    assert.deepEqual((await run()).map(({ stdout }) => stdout), ["alone a > b", "alone a > c"]);
  }
  // The worker ends at this code when it is offered in a batch.
  const codes = ["die together", "d"];
  const last = await Promise.all(codes.map((code) => bench.run(code, parent)));
  assert.deepEqual(last.map(({ stdout }) => stdout), ["alone a > die together", "alone a > d"]);
  assert.deepEqual(bench.replaced, []);
});

Deno.test("PythonSession.run() runs candidates alone when the worker dies under them", async () => {
  await using bench = new Bench({ modes: ["company"] });
  const codes = ["a", "die together", "b"];
  const outcomes = await Promise.all(codes.map((code) => bench.run(code)));
  assert.deepEqual(outcomes.map(({ stdout }) => stdout), codes);
  assert.equal(bench.replaced.length, 1);
});

Deno.test("PythonSession.run() offers no requests to a module of the caller's for company", async () => {
  await using bench = new Bench({ modes: ["company"], sharesForks: false });
  const outcomes = await Promise.all(["die together", "a"].map((code) => bench.run(code)));
  assert.deepEqual(outcomes.map(({ stdout }) => stdout), ["die together", "a"]);
  assert.deepEqual(bench.replaced, []);
});
