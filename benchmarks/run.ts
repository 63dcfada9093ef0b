/**
 * Runs the benchmarks and prints one page of Markdown: `deno task bench [ROOM…]`.
 *
 * Every `benchmarks/<room>/<name>_bench.ts` is a program of its own that needs no argument and prints its section. They run one after
 * the other, each in a fresh process. Load and cores stand at the top, because a figure means nothing without them.
 */
import { pythonInterpreter } from "../lib/cli/host.ts";

const HERE = new URL(".", import.meta.url).pathname;

async function programs(rooms: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const room of Deno.readDir(HERE)) {
    if (!room.isDirectory || (rooms.length > 0 && !rooms.includes(room.name))) continue;
    for await (const file of Deno.readDir(HERE + room.name)) {
      if (file.name.endsWith("_bench.ts")) found.push(`${room.name}/${file.name}`);
    }
  }
  return found.sort();
}

const wanted = await programs(Deno.args);
if (wanted.length === 0) {
  console.error(
    `Cannot run benchmarks of ${Deno.args.join(", ")}: expected folders of benchmarks/`,
  );
  Deno.exit(2);
}
const onProgress = (message: string) => console.error(message);
await pythonInterpreter("confined", { onProgress });
await pythonInterpreter("models", { onProgress });
const load = Deno.loadavg().map((value) => value.toFixed(1)).join(" ");
console.log(`# ${new Date().toISOString().slice(0, 10)}\n`);
console.log(
  `${navigator.hardwareConcurrency} cores, load at the start ${load}, Deno ${Deno.version.deno}\n`,
);
let failed = 0;
for (const program of wanted) {
  console.error(`== ${program}`);
  console.log(`<!-- ${program} -->\n`);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", HERE + program],
    cwd: new URL("..", import.meta.url),
  }).spawn();
  if (!(await child.status).success) failed++;
  console.log("");
}
if (failed > 0) console.error(`${failed} of ${wanted.length} benchmarks failed`);
Deno.exit(failed > 0 ? 1 : 0);
