import { seededRandom } from "../../lib/core/mod.ts";
import { openWorker, runOk } from "./_open.ts";
import { memoryAvailable, table } from "./_measure.ts";

/** A worker after so many steps. */
export interface SoakPoint {
  readonly steps: number;
  readonly processes: number;
  readonly descriptors: number;
  /** Resident bytes of the supervisor. */
  readonly supervisorBytes: number;
  readonly hostBytesAvailable: number;
  readonly liveStates: number;
  /** Answers that were not what they had to be, since the beginning. */
  readonly wrongAnswers: number;
  /** Since the point before. */
  readonly stepsPerSecond: number;
}

const POINTS = 10;

/** Many steps on one worker, some kept and released: what grows, and whether an answer is ever wrong. Ten points. */
export async function runSoak(steps: number): Promise<readonly SoakPoint[]> {
  await using worker = await openWorker(null, { maxStates: 50 });
  const random = seededRandom(7);
  const kept: number[] = [];
  const points: SoakPoint[] = [];
  let wrongAnswers = 0;
  let start = performance.now();
  const portion = Math.max(1, Math.floor(steps / POINTS));
  for (let done = 1; done <= steps; done++) {
    const value = Math.floor(random() * 1e9);
    const keep = random() < 0.1;
    const { id, stdout } = await runOk(worker, `v = ${value}\nprint(v * 3)`, { keep });
    if (stdout !== `${value * 3}\n`) wrongAnswers++;
    if (keep) kept.push(id);
    if (kept.length > 20) worker.release(kept.splice(0, 10));
    if (done % portion !== 0) continue;
    const stat = await worker.stat();
    points.push({
      steps: done,
      processes: stat.processes,
      descriptors: stat.open_fds,
      supervisorBytes: stat.rss_bytes,
      hostBytesAvailable: await memoryAvailable(),
      liveStates: stat.live_states,
      wrongAnswers,
      stepsPerSecond: 1_000 * portion / (performance.now() - start),
    });
    start = performance.now();
  }
  return points;
}

/** The curve of {@linkcode runSoak} as Markdown. */
export async function soak(steps: number): Promise<string> {
  const points = await runSoak(steps);
  return table([
    [
      "steps",
      "processes",
      "descriptors",
      "supervisor MiB",
      "host MiB available",
      "live states",
      "wrong answers",
      "steps/s",
    ],
    ...points.map((point) => [
      `${point.steps}`,
      `${point.processes}`,
      `${point.descriptors}`,
      (point.supervisorBytes / 2 ** 20).toFixed(1),
      (point.hostBytesAvailable / 2 ** 20).toFixed(0),
      `${point.liveStates}`,
      `${point.wrongAnswers}`,
      point.stepsPerSecond.toFixed(0),
    ]),
  ]);
}
