import { fileURLToPath } from "node:url";
import { z } from "zod";
import { runProcess } from "../../lib/process/mod.ts";
import type { Sandbox, SandboxSession, StepState } from "../../lib/sandbox/mod.ts";
import { treeSeconds } from "./_cpu.ts";
import { quantile, table } from "./_measure.ts";
import { INTERPRETER, openPool } from "./_open.ts";
import { type Path, pathSteps, treeSteps, type Work, WORKS } from "./_work.ts";

const BASELINES = fileURLToPath(new URL("baselines.py", import.meta.url));

const BaselineReply = z.strictObject({ cpu_s: z.number(), times_ms: z.array(z.number()) });

/** Time that an executor took for some steps. */
interface Usage {
  /** Processor milliseconds of a step, of every process that took part. */
  readonly cpuMs: number;
  readonly timesMs: readonly number[];
}

/** How often a work is repeated in one measurement, and how often the measurements take turns. */
interface Amount {
  readonly repeats: number;
  readonly rounds: number;
}

/** Runs steps, each with its path, and says what they took. */
type Executor = (groups: readonly (readonly Path[])[], lanes: number) => Promise<Usage>;

/**
 * Processor time of a step in the sandbox and in other executors, by turns. `others`: a Python with IPython and Jupyter; without
 * one these two are left out.
 */
export async function executors(
  amount: Amount,
  { others = null, lanes: allLanes = [1, 2] }: {
    readonly others?: string | null;
    readonly lanes?: readonly number[];
  } = {},
): Promise<string> {
  const rows = [[
    "work",
    "lanes",
    "executor",
    "CPU ms a step",
    "steps/s of CPU",
    "p50 ms",
    "p99 ms",
    "the sandbox's CPU against it",
  ]];
  for (const lanes of allLanes) {
    for (const work of WORKS) {
      for (const [shape, groups] of shapes(work)) {
        rows.push(...await compare(`${work.name}, ${shape}`, { groups, lanes, others, amount }));
      }
    }
  }
  return table(rows);
}

function shapes(work: Work): [string, Path[][]][] {
  return [
    ["path of ten", pathSteps(work).map((step) => [step])],
    ["tree 8 × 8", treeSteps(work)],
  ];
}

async function compare(
  name: string,
  { groups, lanes, others, amount }: {
    readonly groups: readonly (readonly Path[])[];
    readonly lanes: number;
    readonly others: string | null;
    readonly amount: Amount;
  },
): Promise<string[][]> {
  await using pool = await openPool(lanes);
  const repeated = Array.from({ length: amount.repeats }, () => groups).flat();
  // What takes so long a step is asked for one candidate of every node only.
  const few = groups.map((group) => group.slice(0, 1));
  const all: [string, Executor, readonly (readonly Path[])[]][] = [
    ["sandbox", (steps) => runSandbox(pool, { groups: steps, lanes }), repeated],
    ["warm process, path executed again", baseline("warm", INTERPRETER), repeated],
  ];
  if (lanes === 1) {
    all.push(["process a step, its own imports", baseline("cold", INTERPRETER), few]);
    if (others !== null) {
      all.push(["IPython, path run again", baseline("ipython", others), few]);
      all.push(["Jupyter kernel, path run again", baseline("jupyter", others), few]);
    }
  }
  const usages = all.map((): Usage[] => []);
  for (let round = 0; round < amount.rounds; round++) {
    for (const [i, [, run, steps]] of all.entries()) usages[i]?.push(await run(steps, lanes));
  }
  const cpuOf = (of: readonly Usage[]) => quantile(of.map(({ cpuMs }) => cpuMs), 0.5);
  const own = cpuOf(usages[0] ?? []);
  return all.map(([executor], i) => {
    const of = usages[i] ?? [];
    const times = of.flatMap(({ timesMs }) => timesMs);
    const cpuMs = cpuOf(of);
    return [
      name,
      `${lanes}`,
      executor,
      cpuMs.toFixed(2),
      (1_000 / cpuMs).toFixed(0),
      quantile(times, 0.5).toFixed(2),
      quantile(times, 0.99).toFixed(2),
      i === 0 ? "" : `${(own / cpuMs).toFixed(2)}×`,
    ];
  });
}

/** Every lane grows the whole work in a session of its own: nodes one after another, the candidates of a node at once, as search does. */
async function runSandbox(
  pool: Sandbox,
  { groups, lanes }: {
    readonly groups: readonly (readonly Path[])[];
    readonly lanes: number;
  },
): Promise<Usage> {
  const timesMs: number[] = [];
  const before = await treeSeconds();
  await Promise.all(Array.from({ length: lanes }, async () => {
    let session = pool.openSession();
    let parent: StepState | null = null;
    for (const group of groups) {
      if (group[0]?.length === 1) {
        await session[Symbol.asyncDispose]();
        session = pool.openSession();
        parent = null;
      }
      const started = performance.now();
      const states = await Promise.all(group.map((path) => runOk(session, path, parent)));
      const each = (performance.now() - started) / group.length;
      timesMs.push(...group.map(() => each));
      parent = states[0] ?? null;
    }
    await session[Symbol.asyncDispose]();
  }));
  const used = await treeSeconds() - before;
  return { cpuMs: 1_000 * used / timesMs.length, timesMs };
}

async function runOk(
  session: SandboxSession,
  path: Path,
  parent: StepState | null,
): Promise<StepState | null> {
  const outcome = await session.run({ parent, code: path.at(-1) ?? "", keep: true });
  if (outcome.status !== "ok") throw new Error(JSON.stringify(outcome));
  return outcome.state;
}

/** As many processes of `baselines.py` as there are lanes, each with all of the work. */
function baseline(how: string, interpreter: string): Executor {
  return async (groups, lanes) => {
    const input = JSON.stringify({ how, steps: groups.flat() });
    const replies = await Promise.all(Array.from({ length: lanes }, async () => {
      const { code, stdout, stderr } = await runProcess(interpreter, [BASELINES], { input });
      if (code !== 0) throw new Error(stderr);
      return BaselineReply.parse(JSON.parse(stdout));
    }));
    const timesMs = replies.flatMap((reply) => reply.times_ms);
    const used = replies.reduce((sum, reply) => sum + reply.cpu_s, 0);
    return { cpuMs: 1_000 * used / timesMs.length, timesMs };
  };
}
