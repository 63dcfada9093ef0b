/**
 * Figures of the sandbox on this machine, as a section of Markdown on standard output:
 * `deno run -A benchmarks/sandbox/sandbox_bench.ts [--quick] [--soak-steps N] [--ipython PYTHON]`. The last one names a Python that has
 * ipython, ipykernel, jupyter_client, sympy and numpy; without it these two executors are left out.
 */
import { parseArgs } from "node:util";
import { table } from "./_measure.ts";
import { openPool } from "./_open.ts";
import { executors } from "./executors.ts";
import { confinement, overhead, rates } from "./rates.ts";
import { soak } from "./soak.ts";
import { memory, starts } from "./states.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    "soak-steps": { type: "string", default: "100000" },
    ipython: { type: "string" },
  },
});
const scale = values.quick ? 0.2 : 1;
const times = (count: number) => Math.ceil(count * scale);

const { tier, description, python, packages } = await openPool(1).then(async (pool) => {
  await pool[Symbol.asyncDispose]();
  return pool.info;
});

console.log("## Sandbox\n");
console.log(table([
  ["what", "value"],
  ["confinement", `tier ${tier}: ${description}`],
  ["Python", `${python}, sympy ${packages["sympy"]}, numpy ${packages["numpy"]}`],
  ["cores", `${navigator.hardwareConcurrency}`],
  ["load at the start", Deno.loadavg().map((load) => load.toFixed(1)).join(" ")],
]));
for (
  const [title, section] of [
    [
      "Executors, by turns",
      () => executors({ repeats: times(5), rounds: times(3) }, { others: values.ipython ?? null }),
    ],
    ["Rates", () => rates(times(400))],
    ["Lost between supervisor and harness", () => overhead(times(500))],
    ["Price of confinement", () => confinement(times(600))],
    ["Start", () => starts(times(5))],
    ["Live states", () => memory(1_000)],
    ["Soak", () => soak(times(Number(values["soak-steps"])))],
  ] as const
) {
  console.log(`\n### ${title}\n\n${await section()}`);
}
