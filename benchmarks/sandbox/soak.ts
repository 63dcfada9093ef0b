import { seededRandom } from "../../lib/core/mod.ts";
import { openWorker, runOk } from "./_open.ts";
import { memoryAvailable, table } from "./_measure.ts";

/** Many steps on one worker, some kept and released: what grows, and whether an answer is ever wrong. */
export async function soak(steps: number): Promise<string> {
  await using worker = await openWorker(null, { maxStates: 50 });
  const random = seededRandom(7);
  const kept: number[] = [];
  const rows = [[
    "steps",
    "processes",
    "descriptors",
    "supervisor MiB",
    "host MiB available",
    "live states",
    "wrong answers",
    "steps/s",
  ]];
  let wrong = 0;
  let start = performance.now();
  const portion = Math.max(1, Math.floor(steps / 10));
  for (let done = 1; done <= steps; done++) {
    const value = Math.floor(random() * 1e9);
    const keep = random() < 0.1;
    const { id, stdout } = await runOk(worker, `v = ${value}\nprint(v * 3)`, { keep });
    if (stdout !== `${value * 3}\n`) wrong++;
    if (keep) kept.push(id);
    if (kept.length > 20) worker.release(kept.splice(0, 10));
    if (done % portion !== 0) continue;
    const stat = await worker.stat();
    rows.push([
      `${done}`,
      `${stat.processes}`,
      `${stat.open_fds}`,
      (stat.rss_bytes / 2 ** 20).toFixed(1),
      (await memoryAvailable() / 2 ** 20).toFixed(0),
      `${stat.live_states}`,
      `${wrong}`,
      (1_000 * portion / (performance.now() - start)).toFixed(0),
    ]);
    start = performance.now();
  }
  return table(rows);
}
