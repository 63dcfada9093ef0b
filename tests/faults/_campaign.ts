/**
 * The fault campaign: `synth` through a proxy that breaks replies, while the harness, its sandbox and the endpoint are killed, again and
 * again; after each lap the store must be what an undisturbed run would have stored.
 *
 * Everything that is chosen comes from the seed. When a kill hits depends on how fast the machine is, so a failure is met again with
 * the same seed mostly, not always; the files of the failed lap stay.
 */
import { join } from "node:path";
import { hashSeed, pick, seededRandom } from "../../lib/core/mod.ts";
import { EndpointProcess } from "./_endpoint.ts";
import { runLap } from "./_lap.ts";
import { type Fault, QUICK_FAULTS, startFaultyProxy } from "./proxy.ts";

/** Options of {@linkcode runCampaign}. */
export interface CampaignOptions {
  readonly seed: number;
  /** No further lap begins after so many seconds. */
  readonly seconds: number;
  /** Told once a minute, or after the run that lasts longer, how far it is. */
  readonly onProgress: (line: string) => void;
}

/** Result of a campaign. */
export interface CampaignResult {
  readonly laps: number;
  readonly trees: number;
  /** Runs of the harness, resumed ones included. */
  readonly runs: number;
  readonly kills: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** Runs that ended by themselves with trees left, and the last line that each said. */
  readonly failedRuns: readonly string[];
  readonly seconds: number;
}

/** Share of the requests that are broken. */
const FAULT_RATE = 0.12;

/** A silence costs its whole time limit, and 64 MB of text their reading: rarer than the others. */
const FAULTS: readonly Fault[] = [
  ...Array.from({ length: 6 }, () => QUICK_FAULTS).flat(),
  ...["huge", "silence"] as const,
];

const MINUTE_MS = 60_000;

/**
 * Runs laps until the time is over.
 *
 * @throws {Error} If a store is not what it must be, with seed and lap; its files are kept.
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, seconds, onProgress } = options;
  const startedMs = performance.now();
  const elapsed = () => (performance.now() - startedMs) / 1000;
  const counts = {
    trees: 0,
    runs: 0,
    kills: new Map<string, number>(),
    failedRuns: [] as string[],
  };
  const faults = new Map<string, number>();
  const result = (laps: number): CampaignResult => ({
    laps,
    trees: counts.trees,
    runs: counts.runs,
    seconds: elapsed(),
    kills: Object.fromEntries(counts.kills),
    faults: Object.fromEntries(faults),
    failedRuns: counts.failedRuns,
  });
  await using endpoint = new EndpointProcess();
  let lap = 0;
  let saidMs = startedMs;
  for (; lap === 0 || elapsed() < seconds; lap++) {
    const random = seededRandom(hashSeed(seed, lap));
    let listener: (() => void) | null = null;
    await using proxy = await startFaultyProxy({
      target: () => endpoint.url,
      rate: FAULT_RATE,
      faults: FAULTS,
      seed: hashSeed(seed, lap, "faults"),
      onFault: (fault) => count(faults, fault),
      onRequest: () => listener?.(),
    });
    const folder = await Deno.makeTempDir({ prefix: "rstar_faults_" });
    try {
      counts.trees += await runLap({
        folder,
        random,
        endpoint,
        url: proxy.url,
        listen: (onRequest) => listener = onRequest,
        records: lap % 2 === 0,
        hasPpm: pick(random, [true, false]),
        onKill: (kill) => count(counts.kills, kill),
        onRun: ({ code, stderr }) => {
          counts.runs++;
          if (code === 1) counts.failedRuns.push(stderr.trimEnd().split("\n").at(-1) ?? "");
          if (performance.now() - saidMs < MINUTE_MS) return;
          saidMs = performance.now();
          onProgress(progressLine(seed, result(lap)));
        },
      });
    } catch (error) {
      throw new Error(
        `Fault campaign, seed ${seed}, lap ${lap}: ${
          error instanceof Error ? error.message : error
        }; its files are in ${join(folder, "")}`,
        { cause: error },
      );
    }
    await Deno.remove(folder, { recursive: true });
  }
  onProgress(progressLine(seed, result(lap)));
  return result(lap);
}

function progressLine(seed: number, result: CampaignResult): string {
  const { laps, trees, runs, kills, faults, failedRuns, seconds } = result;
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((total, one) => total + one, 0);
  return `Fault campaign, seed ${seed}: ${
    seconds.toFixed(0)
  } s, ${laps} laps, ${trees} trees, ${runs} runs ` +
    `(${failedRuns.length} failed by themselves), ${sum(kills)} kills, ${sum(faults)} faults`;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
