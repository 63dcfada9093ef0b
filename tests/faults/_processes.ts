/** One process, told apart from a later one with the same number by the time of its start. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** In clock ticks since the machine's start. */
  readonly started: string;
}

/** Every process below another one that has not ended. */
export async function descendants(pid: number): Promise<readonly ProcessEntry[]> {
  const entries: ProcessEntry[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    const entry = /^\d+$/.test(name) ? await readProcess(Number(name)) : null;
    if (entry !== null) entries.push(entry);
  }
  const below = (parent: number): readonly ProcessEntry[] =>
    entries.filter((entry) => entry.parent === parent)
      .flatMap((entry) => [entry, ...below(entry.pid)]);
  return below(pid);
}

/** Those of the processes that still run. */
export async function running(entries: readonly ProcessEntry[]): Promise<readonly ProcessEntry[]> {
  const now = await Promise.all(entries.map(({ pid }) => readProcess(pid)));
  return entries.filter(({ started }, i) => now[i]?.started === started);
}

/** `null` for one that is not there, or has ended and only waits to be collected. */
async function readProcess(pid: number): Promise<ProcessEntry | null> {
  const text = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => null);
  if (text === null) return null;
  // The name of the program stands in brackets and may hold anything (proc(5)).
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, parent] = fields;
  if (state === "Z" || state === "X") return null;
  return { pid, parent: Number(parent), started: fields[19] ?? "" };
}
