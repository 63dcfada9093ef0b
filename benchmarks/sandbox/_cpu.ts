/** Kernel clock ticks of a second; Linux shows no other to programs. */
const TICKS = 100;

/** Processor seconds that this process, and every process below it, have used: living ones, and those that have been waited for. */
export async function treeSeconds(): Promise<number> {
  const processes = await readAll();
  const below = new Set([Deno.pid]);
  let grew = true;
  while (grew) {
    grew = false;
    for (const { pid, parent } of processes) {
      if (below.has(pid) || !below.has(parent)) continue;
      below.add(pid);
      grew = true;
    }
  }
  return processes.filter(({ pid }) => below.has(pid))
    .reduce((sum, { ticks }) => sum + ticks, 0) / TICKS;
}

/** Processor seconds by kind of process. */
export interface Processes {
  readonly all: number;
  readonly harness: number;
  /** Of the supervisors alone: what started a process that no step descends from counts here, too. */
  readonly supervisor: number;
  /** Of everything below the supervisors, and what they have waited for. */
  readonly steps: number;
}

/** Processor seconds of this process and those below it, by kind: in tier A two processes stand between it and the zygote, else one. */
export async function processSeconds(): Promise<Processes> {
  const processes = await readAll();
  const depthOf = new Map([[Deno.pid, 0]]);
  let grew = true;
  while (grew) {
    grew = false;
    for (const { pid, parent } of processes) {
      const above = depthOf.get(parent);
      if (depthOf.has(pid) || above === undefined) continue;
      depthOf.set(pid, above + 1);
      grew = true;
    }
  }
  const deepest = Math.max(...depthOf.values());
  const confined = deepest > 2 && (await isBubblewrap(processes, depthOf)) ? 2 : 1;
  let [harness, supervisor, steps] = [0, 0, 0];
  for (const { pid, own, ticks } of processes) {
    const depth = depthOf.get(pid);
    if (depth === undefined) continue;
    if (depth === 0) harness += own;
    else if (depth <= confined) {
      supervisor += own;
      steps += ticks - own;
    } else steps += ticks;
  }
  return {
    all: (harness + supervisor + steps) / TICKS,
    harness: harness / TICKS,
    supervisor: supervisor / TICKS,
    steps: steps / TICKS,
  };
}

async function isBubblewrap(
  processes: readonly ProcessTicks[],
  depthOf: ReadonlyMap<number, number>,
): Promise<boolean> {
  const first = processes.find(({ pid }) => depthOf.get(pid) === 1);
  const name = await Deno.readTextFile(`/proc/${first?.pid}/comm`).catch(() => "");
  return name.trim() === "bwrap";
}

interface ProcessTicks {
  readonly pid: number;
  readonly parent: number;
  /** Of the process and the children that it has waited for. */
  readonly ticks: number;
  /** Of the process alone. */
  readonly own: number;
}

async function readAll(): Promise<ProcessTicks[]> {
  const found: ProcessTicks[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const text = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => null);
    if (text === null) continue;
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
    const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0);
    const own = (fields[11] ?? 0) + (fields[12] ?? 0);
    found.push({ pid: Number(name), parent: fields[1] ?? 0, ticks, own });
  }
  return found;
}
