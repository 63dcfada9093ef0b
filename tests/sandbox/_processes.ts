/** Processes by their command line: a random tag in it is what tells ours from all others. */

/** Numbers of the live processes (zombies left out) whose command line holds a text. */
export async function processesWith(text: string): Promise<number[]> {
  const pids: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    if ((await readProc(`/proc/${name}/cmdline`)).includes(text)) pids.push(Number(name));
  }
  return pids;
}

/** Numbers of the live processes that descend from one, itself left out. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readProc(`/proc/${name}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (stat === "" || fields[0] === "Z") continue;
    const parent = Number(fields[1]);
    children.set(parent, [...children.get(parent) ?? [], Number(name)]);
  }
  const found: number[] = [];
  const collect = (of: number) => {
    for (const child of children.get(of) ?? []) {
      found.push(child);
      collect(child);
    }
  };
  collect(pid);
  return found;
}

/** Letter of a process's state, `T` for a stopped one; `""` when it has ended. */
export async function processState(pid: number): Promise<string> {
  const stat = await readProc(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).slice(0, 1);
}

/** Waits until a condition holds. @throws {Error} If it does not within `timeoutMs`. */
export async function until(
  condition: () => Promise<boolean>,
  { timeoutMs = 5_000 }: { readonly timeoutMs?: number } = {},
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!await condition()) {
    if (performance.now() > end) {
      throw new Error(`the condition did not hold within ${timeoutMs} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function readProc(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return ""; // The process has ended meanwhile.
  }
}
