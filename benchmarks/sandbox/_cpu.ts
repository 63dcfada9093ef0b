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

interface ProcessTicks {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

async function readAll(): Promise<ProcessTicks[]> {
  const found: ProcessTicks[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const text = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => null);
    if (text === null) continue;
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
    const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0);
    found.push({ pid: Number(name), parent: fields[1] ?? 0, ticks });
  }
  return found;
}
