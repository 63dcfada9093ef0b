import {
  InfrastructureError,
  type Reporter,
  treeEvent,
  type TreeRecord,
  UsageError,
} from "../../core/mod.ts";
import { FitWatch, mathDomain, watchedDomain } from "../../domain/mod.ts";
import type { Policy } from "../../endpoint/mod.ts";
import type { Grader } from "../../grading/mod.ts";
import type { Sandbox } from "../../sandbox/mod.ts";
import {
  openTreesFor,
  runTrees,
  SearchCache,
  type SearchSpec,
  searchTree,
} from "../../search/mod.ts";
import type { Store } from "../../store/mod.ts";
import { NO_TRACING, tracedPolicy, tracedPpm, type Tracing } from "../observe/tracing.ts";
import type { ServedModels } from "../../models/mod.ts";
import { Budget, type BudgetLimits, NO_LIMITS } from "./budget.ts";
import { type Job, type PendingJobs, pendingJobs, type WantedTrees } from "./jobs.ts";
import { Meter } from "./meter.ts";
import { SynthProgress } from "./progress.ts";
import { type StallWatch, withStallLimit } from "./stall.ts";

/** Request for a round of search: the trees to grow, and how. */
export interface RoundRequest extends WantedTrees {
  readonly spec: SearchSpec;
  readonly policyApi: "completions" | "chat";
  /** Result of {@linkcode pendingJobs} for these trees, if it is still true. @default it is asked */
  readonly left?: PendingJobs | undefined;
}

/** Parts that a round of search works with. {@linkcode growRound} closes none of them. */
export interface RoundParts {
  readonly store: Store;
  readonly models: ServedModels;
  readonly sandbox: Sandbox;
  readonly grader: Grader;
  /** Limits of this call. @default none */
  readonly budget?: BudgetLimits;
  /** Seconds without a reply of the policy or a finished rollout after which a tree is parked. @default 3600 */
  readonly stallSeconds?: number;
  readonly reporter: Reporter;
  /** Where spans go. @default nowhere */
  readonly tracing?: Tracing;
  /** Told of the progress once, at the beginning: for whoever answers other processes. */
  readonly onStart?: (progress: SynthProgress) => void;
  /** No tree is begun once it aborts; those that are open are finished. */
  readonly stopAdmitting: AbortSignal;
  /** Ends everything now. */
  readonly signal: AbortSignal;
}

/** How a round of search ended. */
export interface RoundOutcome {
  /** Trees that were not stored before. */
  readonly wanted: number;
  readonly stored: number;
  /** Trees that the machinery left unfinished this time; failures by kind are in `failures`. */
  readonly parked: number;
  /** Trees that failed too often, before or now, and are not tried again. */
  readonly givenUp: number;
  /** Wanted and not stored: parked, given up, or never begun. */
  readonly undone: number;
  /** Failures by kind, each with an example. */
  readonly failures: readonly string[];
  /** Reason why some trees were not begun, as a phrase; `null` when all were. */
  readonly stoppedBy: string | null;
  readonly generatedTokens: number;
  readonly seconds: number;
}

/** So many trees parked in a row, and none stored between, are the machinery's fault: the search ends instead of failing them all. */
const PARKED_IN_A_ROW = 50;

/**
 * Grows and stores the trees of a round that are not stored yet.
 *
 * @throws {InfrastructureError} If what serves the models dies, the store fails, or tree after tree fails.
 * @throws The reason of `signal`, when it aborts.
 */
export async function growRound(request: RoundRequest, parts: RoundParts): Promise<RoundOutcome> {
  const { jobs, count, givenUp } = request.left ?? await pendingJobs(parts.store, request);
  const growth = new RoundGrowth(request, { ...parts, wanted: count });
  parts.onStart?.(growth.progress);
  parts.reporter.event({ type: "round", round: request.roundNo, pending: count });
  parts.reporter.progress(() => growth.progress.picture());
  const begun = await growth.run(jobs);
  const { progress, stoppedBy } = growth;
  // A tree that failed once more may have failed for the last time.
  const now = progress.parked === 0 ? { givenUp } : await pendingJobs(parts.store, request);
  return {
    wanted: count + givenUp,
    stored: progress.trees,
    parked: progress.parked,
    givenUp: now.givenUp,
    undone: count - begun + progress.parked + givenUp,
    failures: progress.failureLines(),
    stoppedBy,
    generatedTokens: growth.meter.spent.generatedTokens,
    seconds: progress.seconds,
  };
}

/** The work of one round. */
class RoundGrowth {
  readonly progress: SynthProgress;
  readonly meter = new Meter();
  /** Reason why some trees were not begun, as a phrase; `null` while there is none. */
  stoppedBy: string | null = null;
  readonly #request: RoundRequest;
  readonly #parts: RoundParts;
  readonly #budget: Budget;
  readonly #broken = new AbortController();
  readonly #fit: FitWatch;
  #begun = 0;
  #parkedInARow = 0;

  constructor(request: RoundRequest, parts: RoundParts & { readonly wanted: number }) {
    const { models, sandbox, wanted, budget = NO_LIMITS } = parts;
    this.#request = request;
    this.#parts = parts;
    this.#budget = new Budget(budget);
    this.#fit = new FitWatch({
      asked: { prompt: request.spec.prompt, api: request.policyApi, draw: request.spec.draw },
      say: (line) => parts.reporter.warn(line),
    });
    this.progress = new SynthProgress({
      totalTrees: wanted,
      sandbox,
      meter: this.meter,
      ...models,
    });
    if (request.spec.expansion === "fork" && !models.policy.tokens) {
      parts.reporter.warn(
        'The policy\'s servers give no log-probabilities, or take no forced tokens: expansion "fork" draws samples instead',
      );
    }
    void models.died.then((error) => this.#broken.abort(error));
  }

  /** Grows the trees; returns how many were begun. */
  async run(jobs: Iterable<Job>): Promise<number> {
    const grow = this.#grower();
    await runTrees(this.#admit(jobs), {
      openTrees: (open) => this.#openTrees(open),
      grow: (job, { signal }) => {
        this.#begun++;
        this.progress.begin();
        return grow(job, signal);
      },
      onTree: (tree) => this.#keep(tree),
      onParked: (error, job) => this.#park(error, job),
      stopAdmitting: this.#parts.stopAdmitting,
      signal: AbortSignal.any([this.#parts.signal, this.#broken.signal]),
    });
    this.#fit.finish();
    if (this.#parts.stopAdmitting.aborted) this.stoppedBy = "the interrupt";
    return this.#begun;
  }

  #grower(): (job: Job, signal: AbortSignal) => Promise<TreeRecord> {
    const { spec, policyApi: api } = this.#request;
    const { models, sandbox, grader, stallSeconds = 3600, tracing = NO_TRACING } = this.#parts;
    const domain = watchedDomain(
      mathDomain({ sandbox, grader, prompt: spec.prompt, api }),
      this.#fit,
    );
    const policy = tracedPolicy(this.meter.policy(models.policy), tracing);
    const ppm = models.ppm === null ? null : tracedPpm(this.meter.ppm(models.ppm), tracing);
    const cache = new SearchCache();
    const grow = ({ problem, seed }: Job, { signal, touch }: StallWatch) =>
      searchTree(problem, {
        spec,
        seed,
        ppm,
        domain,
        cache,
        signal,
        policy: whenAnswered(policy, touch),
        onRollout: () => {
          touch();
          this.progress.rollout();
        },
      }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw asParked(error, { problem, seed });
      });
    return (job, signal) =>
      tracing.span(
        "tree",
        { problem: job.problem.id, seed: job.seed },
        () => withStallLimit((watch) => grow(job, watch), { seconds: stallSeconds, signal }),
      );
  }

  /** Hands jobs out until a limit of the run is reached; passes problems by that have reached theirs. */
  *#admit(jobs: Iterable<Job>): Generator<Job> {
    for (const job of jobs) {
      const { seconds } = this.progress;
      const stop = this.#budget.runStop({ ...this.meter.spent, seconds });
      if (stop !== null) {
        this.stoppedBy = `the budget of ${stop}`;
        return;
      }
      const problemStop = this.#budget.problemStop(job.problem.id);
      if (problemStop === null) yield job;
      else this.stoppedBy = `the budget of ${problemStop} per problem`;
    }
  }

  #openTrees(open: number): number {
    const { models: { policyPool, ppmPool }, sandbox } = this.#parts;
    return openTreesFor({
      // Replies from a recording take no time: the sandbox alone sets the pace.
      policySlots: policyPool?.limit ?? 0,
      ppmSlots: ppmPool?.limit ?? 0,
      sandboxWorkers: sandbox.info.workers,
      sandboxWaiting: sandbox.metrics().waiting,
      window: this.#request.spec.window,
      open,
    });
  }

  async #keep(tree: TreeRecord): Promise<void> {
    await this.#parts.store.writeTree(this.#request, tree);
    this.#parkedInARow = 0;
    this.#budget.add(tree);
    this.progress.stored(tree);
    this.#parts.reporter.event(treeEvent(tree));
  }

  async #park(error: InfrastructureError, { problem, seed }: Job): Promise<void> {
    const { runNo, roundNo } = this.#request;
    const { boundary, message } = error;
    this.progress.park(error);
    this.#parts.reporter.event({ type: "parked", problem: problem.id, seed, boundary, message });
    const attempt = { runNo, roundNo, problemId: problem.id, seed, boundary, error: message };
    await this.#parts.store.writeAttempt(attempt);
    if (++this.#parkedInARow < PARKED_IN_A_ROW) return;
    this.#broken.abort(
      new InfrastructureError(
        boundary,
        `Cannot go on: ${PARKED_IN_A_ROW} trees in a row could not be finished, the last one because: ${message}; ` +
          "mend that and run the same command again",
      ),
    );
  }
}

/** The same policy; every reply is told of: a tree that is answered gets on, however slowly its rollouts end. */
function whenAnswered(policy: Policy, touch: () => void): Policy {
  return {
    ...policy,
    sample: async (request, options) => {
      const reply = await policy.sample(request, options);
      touch();
      return reply;
    },
  };
}

/** Turns what broke one tree, even a fault of this program, into an error that parks that tree with its reason and spares the others. */
function asParked(error: unknown, { problem, seed }: Job): unknown {
  // A setting that contradicts another one would fail every tree in the same way.
  if (error instanceof InfrastructureError || error instanceof UsageError) return error;
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new InfrastructureError(
    "process",
    `Cannot grow the tree of problem "${problem.id}", seed ${seed}: ${what}; this is a fault of rstar, please report it`,
    { cause: error },
  );
}
