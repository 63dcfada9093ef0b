import {
  type InfrastructureError,
  type Picture,
  secondsSince,
  shortNumber,
  timeLeft,
  type TreeRecord,
} from "../../core/mod.ts";
import { type EndpointPool, FailureCounts } from "../../endpoint/mod.ts";
import type { Sandbox } from "../../sandbox/mod.ts";
import type { SearchStatus } from "../control/mod.ts";
import type { Meter } from "./meter.ts";

/** Sources that the display of a running search reads. */
export interface ProgressSources {
  readonly totalTrees: number;
  readonly meter: Meter;
  readonly sandbox: Sandbox;
  readonly policyPool: EndpointPool | null;
  readonly ppmPool: EndpointPool | null;
}

/** Counts what a search has done, for the display. */
export class SynthProgress {
  readonly #sources: ProgressSources;
  readonly #startedMs = performance.now();
  readonly #solved = new Set<string>();
  readonly #failures = new FailureCounts();
  #trees = 0;
  #rollouts = 0;
  #open = 0;
  #finishedMs = performance.now();

  constructor(sources: ProgressSources) {
    this.#sources = sources;
  }

  /** Seconds since the start. */
  get seconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  /** Trees that were stored. */
  get trees(): number {
    return this.#trees;
  }

  /** Trees that the machinery left unfinished. */
  get parked(): number {
    return this.#failures.total;
  }

  /** A tree was begun. */
  begin(): void {
    this.#open++;
  }

  /** A rollout was committed. */
  rollout(): void {
    this.#rollouts++;
  }

  /** A tree was stored. */
  stored(tree: TreeRecord): void {
    this.#open--;
    this.#trees++;
    this.#finishedMs = performance.now();
    if (tree.correctTerminals > 0) this.#solved.add(tree.problemId);
  }

  /** A tree was left unfinished. */
  park(error: InfrastructureError): void {
    this.#open--;
    this.#failures.add(error.boundary, error.message);
  }

  /** Lines about what the machinery did to the trees: failures by kind, each with an example, and what it cut short. */
  failureLines(): readonly string[] {
    const { cutShort } = this.#sources.meter.spent;
    return [
      ...Object.entries(this.#failures.snapshot()).map(([boundary, { count, example }]) =>
        `${count} trees unfinished (${boundary}), for instance: ${example}`
      ),
      ...(cutShort === 0 ? [] : [
        `${cutShort} segments ended as truncated at fewer tokens than search.maxTokens, because no reply came in time; ` +
        "raise --request-timeout to have them whole",
      ]),
    ];
  }

  /** State for other processes. */
  status(): SearchStatus {
    const { totalTrees, meter, sandbox, policyPool, ppmPool } = this.#sources;
    const { running, waiting } = sandbox.metrics();
    const queue = (name: string, pool: EndpointPool | null) => {
      if (pool === null) return {};
      const { running, waiting, limit } = pool.metrics();
      return { [name]: { running, waiting, limit } };
    };
    return {
      trees: this.#trees,
      totalTrees,
      open: this.#open,
      parked: this.parked,
      problemsSolved: this.#solved.size,
      rollouts: this.#rollouts,
      generatedTokens: meter.spent.generatedTokens,
      seconds: this.seconds,
      queues: {
        ...queue("policy", policyPool),
        sandbox: { running, waiting, limit: sandbox.info.workers },
        ...queue("ppm", ppmPool),
      },
      failures: [...this.failureLines()],
    };
  }

  /** Picture that the display shows now. */
  picture(): Picture {
    const { totalTrees, meter, sandbox, policyPool, ppmPool } = this.#sources;
    const { seconds } = this;
    const left = this.#trees === 0 ? NaN : seconds / this.#trees * (totalTrees - this.#trees);
    const eta = timeLeft(left, { idleSeconds: secondsSince(this.#finishedMs), what: "tree" });
    const trees =
      `trees ${this.#trees}/${totalTrees}, ${this.#solved.size} problems solved, ${this.#open} open`;
    const rates = `${shortNumber(this.#rollouts / seconds)} rollouts/s, ` +
      `${shortNumber(meter.spent.generatedTokens / seconds)} tokens/s, ${eta}`;
    const { running, waiting } = sandbox.metrics();
    const loads = [
      loadOf("policy", policyPool?.metrics()),
      `sandbox ${running} running, ${waiting} waiting`,
      loadOf("PPM", ppmPool?.metrics()),
    ].filter((text) => text !== null).join("; ");
    return {
      lines: [trees, rates, loads, ...this.failureLines()],
      line: `${trees}; ${rates}; ${loads}`,
    };
  }
}

function loadOf(
  name: string,
  metrics: ReturnType<EndpointPool["metrics"]> | undefined,
): string | null {
  if (metrics === undefined) return null;
  const retries = metrics.retries === 0 ? "" : `, ${metrics.retries} retries`;
  const { cachedShare } = metrics;
  const cached = cachedShare === null
    ? ""
    : `, ${Math.round(100 * cachedShare)} % of prompt tokens cached`;
  return `${name} ${metrics.running} running, ${metrics.waiting} waiting${cached}${retries}`;
}
