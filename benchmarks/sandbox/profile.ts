/**
 * Where the processor time of a step goes: `deno run -A benchmarks/sandbox/profile.ts [repeats]`. Trees of candidates in one session after
 * another, one worker; the time of each kind of process, by the kernel's account.
 */
import { openPool } from "./_open.ts";
import { quantile, table } from "./_measure.ts";
import { type Processes, processSeconds } from "./_cpu.ts";
import { TREE, treeSteps, type Work, WORKS } from "./_work.ts";
import type { Sandbox, StepState } from "../../lib/sandbox/mod.ts";

const repeats = Number(Deno.args[0] ?? 20);
const rows = [["work", "steps", "CPU ms a step", "harness", "supervisor", "zygote and steps"]];
console.log(`Load ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}\n`);
for (const work of WORKS) {
  await using pool = await openPool(1);
  await grow(pool, work);
  const before = await processSeconds();
  for (let i = 0; i < repeats; i++) await grow(pool, work);
  const after = await processSeconds();
  const steps = repeats * TREE.depth * TREE.width;
  const each = (kind: keyof Processes) => (1_000 * (after[kind] - before[kind]) / steps).toFixed(2);
  rows.push([
    work.name,
    `${steps}`,
    each("all"),
    each("harness"),
    each("supervisor"),
    each("steps"),
  ]);
}
console.log(table(rows));

async function grow(pool: Sandbox, work: Work): Promise<number> {
  await using session = pool.openSession();
  let parent: StepState | null = null;
  const times: number[] = [];
  for (const group of treeSteps(work)) {
    const outcomes = await Promise.all(
      group.map((path) => session.run({ parent, code: path.at(-1) ?? "", keep: true })),
    );
    parent = outcomes[0]?.state ?? null;
    times.push(...outcomes.map(({ cpuMs }) => cpuMs));
  }
  return quantile(times, 0.5);
}
