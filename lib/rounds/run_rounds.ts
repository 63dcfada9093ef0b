/**
 * The state machine of rounds (docs/architecture.md, "rounds"): search with the models of the round before, write SFT data, train the
 * policy from the base, write preference pairs, train the PPM from that policy, measure, next.
 *
 * Invariant: what is done is asked from the store. A stage is done when its rows are there; they are written last, so that a
 * process that dies anywhere leaves every stage before it usable and the same command goes on.
 */
import { hashJson } from "../core/mod.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";
import { RoundArtifacts } from "./_artifacts.ts";
import { RoundRecord } from "./_record.ts";
import { noneGrown, noneSolved, nothingToTrainOn, stageError } from "./_stage_error.ts";
import type { RoundsPlan } from "./rounds_plan.ts";
import type { RoundSchedule } from "./schedule.ts";
import { isPast, type Stage } from "./stage.ts";
import type { RoundStages, StageRequest } from "./stages.ts";

/** Event in the life of a stage, for a display. */
export interface StageEvent {
  readonly type: "begun" | "ended" | "skipped";
  readonly round: number;
  readonly stage: Stage;
}

/** Options of {@linkcode runRounds}. */
export interface RunRoundsOptions {
  readonly store: ArtifactStore;
  readonly stages: RoundStages;
  readonly onStage?: (event: StageEvent) => void;
  /** Clock in milliseconds. @default performance.now */
  readonly now?: () => number;
  readonly signal: AbortSignal;
}

/** Why a run of rounds ended. */
export interface RoundsOutcome {
  readonly ended: "complete" | "flat" | "stopped";
  /** Last round that was worked on or found done. */
  readonly round: number;
}

/**
 * Does what is left of a run of rounds.
 *
 * @throws {UsageError} If a round solved nothing or made nothing to train on, or an artifact that is needed is gone.
 * @throws {InfrastructureError} If the machinery failed; the message names round and stage.
 * @throws The signal's reason, when it aborts.
 */
export async function runRounds(
  plan: RoundsPlan,
  options: RunRoundsOptions,
): Promise<RoundsOutcome> {
  const machine = new RoundMachine(plan, options);
  const first = plan.fromRound ?? 1;
  if (first === 1) await machine.measureBase();
  else await machine.requireRound(first - 1);
  for (const schedule of plan.schedules.slice(first - 1)) {
    if (await machine.doRound(schedule) === "stopped") {
      return { ended: "stopped", round: schedule.round };
    }
    if (await machine.isFlat(schedule.round)) return { ended: "flat", round: schedule.round };
  }
  return { ended: "complete", round: plan.schedules.length };
}

/** Whether nothing of a plan is left to do. Asks the store alone. */
export async function isComplete(
  { runNo, schedules, evaluation, fromRound = 1 }: RoundsPlan,
  store: ArtifactStore,
): Promise<boolean> {
  const wanted = [...(fromRound === 1 ? [null] : []), ...schedules.slice(fromRound - 1)];
  const hash = hashJson(evaluation);
  for (const schedule of wanted) {
    const round = schedule?.round ?? 0;
    const record = await RoundRecord.open(store, { runNo, round, schedule });
    if (!record.isDone(hash)) return false;
  }
  return true;
}

class RoundMachine {
  readonly #plan: RoundsPlan;
  readonly #options: RunRoundsOptions;
  readonly #artifacts: RoundArtifacts;
  readonly #evaluationHash: string;

  constructor(plan: RoundsPlan, options: RunRoundsOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#artifacts = new RoundArtifacts(options.store, plan);
    this.#evaluationHash = hashJson(plan.evaluation);
  }

  /** Round 0: the base is kept as a checkpoint and measured. */
  async measureBase(): Promise<void> {
    await this.#artifacts.keepBase();
    const record = await this.#openRecord(0, null);
    await this.#evaluate(record);
  }

  /** @throws {UsageError} If a round to start after has no checkpoints. */
  async requireRound(round: number): Promise<void> {
    await this.#artifacts.checkpoint("policy", round, this.#options.stages);
  }

  async doRound(schedule: RoundSchedule): Promise<"done" | "stopped"> {
    const { round } = schedule;
    const record = await this.#openRecord(round, schedule);
    const wasDone = record.isDone(this.#evaluationHash);
    const work: Readonly<Record<Stage, () => Promise<void>>> = {
      search: () => this.#search(schedule, record),
      sft: () => this.#export("sft", record),
      policy: () => this.#train("policy", record),
      pairs: () => this.#export("pairs", record),
      ppm: () => this.#train("ppm", record),
      evaluate: () => this.#evaluate(record),
    };
    for (const [stage, run] of Object.entries(work) as [Stage, () => Promise<void>][]) {
      await run();
      if (!wasDone && stage === this.#plan.stopAfter) return "stopped";
    }
    return "done";
  }

  async isFlat(round: number): Promise<boolean> {
    const { untilFlat } = this.#plan;
    if (untilFlat === undefined) return false;
    const { stages } = this.#options;
    const [now, before] = [await stages.score(round), await stages.score(round - 1)];
    return now !== null && before !== null && now - before < untilFlat;
  }

  #openRecord(round: number, schedule: RoundSchedule | null): Promise<RoundRecord> {
    return RoundRecord.open(this.#options.store, { runNo: this.#plan.runNo, round, schedule });
  }

  /** Does a stage unless it is done, and names it when it fails. */
  async #stage(
    stage: Stage,
    record: RoundRecord,
    { isDone, work }: {
      readonly isDone: boolean;
      readonly work: (request: StageRequest) => Promise<void>;
    },
  ): Promise<void> {
    const { signal, onStage, now = () => performance.now() } = this.#options;
    const { round } = record;
    signal.throwIfAborted();
    if (isDone) {
      onStage?.({ type: "skipped", round, stage });
      return;
    }
    onStage?.({ type: "begun", round, stage });
    const startedMs = now();
    try {
      await work({ round, signal });
    } catch (error) {
      signal.throwIfAborted();
      throw stageError(error, { round, stage });
    }
    await record.finish(stage, { seconds: (now() - startedMs) / 1000 });
    onStage?.({ type: "ended", round, stage });
  }

  #search(schedule: RoundSchedule, record: RoundRecord): Promise<void> {
    const { stages } = this.#options;
    const { round } = schedule;
    return this.#stage("search", record, {
      isDone: isPast(record.state, "search"),
      work: async (request) => {
        const easy = schedule.leavesEasy ? await stages.easy(round) : NONE;
        const wanted = without(schedule.problemIds, easy);
        record.note({ leftAlone: schedule.problemIds.length - wanted.length });
        if (wanted.length === 0) return;
        const models = {
          policy: await this.#artifacts.searchPolicy(round, stages),
          ppm: schedule.usesPpm ? await this.#artifacts.checkpoint("ppm", round - 1, stages) : null,
        };
        await record.useModels(models);
        let undone = 0;
        for (const pass of schedule.passes) {
          const problemIds = pass.problems === "all"
            ? wanted
            : without(wanted, (await stages.trees(round)).solved);
          if (problemIds.length === 0) continue;
          const result = await stages.search({ ...request, schedule, pass, problemIds, models });
          undone += result.undone;
        }
        record.note({ undone });
      },
    });
  }

  async #export(kind: "sft" | "pairs", record: RoundRecord): Promise<void> {
    const { stages } = this.#options;
    const { round } = record;
    await this.#stage(kind, record, {
      isDone: await this.#artifacts.find(kind, round) !== null,
      work: async (request) => {
        const rounds = Array.from({ length: round }, (_, index) => index + 1);
        if (kind === "sft") await this.#requireSolved(record);
        const make = kind === "sft" ? stages.exportSft : stages.exportPairs;
        const made = await make.call(stages, { ...request, rounds });
        if (made.rows === 0) throw nothingToTrainOn(kind);
        await this.#artifacts.keepFile(kind, round, made);
      },
    });
  }

  /**
   * Data are pooled over rounds: a broken model would search in vain, and its round be trained on what others found, without a word.
   * Pairs are not asked for: where everything is right there are none, and that is no fault. Nor is it one where easy problems were left
   * alone and only such remain as no round has solved yet.
   */
  async #requireSolved({ round, searched, leftAlone }: RoundRecord): Promise<void> {
    const { problems, solved, solvedBefore } = await this.#options.stages.trees(round);
    if (problems === 0 && searched > 0) throw noneGrown(searched);
    const isRemainder = leftAlone > 0 && solvedBefore === 0;
    if (problems > 0 && solved.size === 0 && !isRemainder) throw noneSolved(problems);
  }

  async #train(role: "policy" | "ppm", record: RoundRecord): Promise<void> {
    const { stages } = this.#options;
    const { round } = record;
    await this.#stage(role, record, {
      isDone: await this.#artifacts.find(role, round) !== null,
      work: async (request) => {
        const data = await this.#artifacts.file(role === "policy" ? "sft" : "pairs", round, stages);
        const base = role === "policy"
          ? await this.#artifacts.checkpoint("policy", 0, stages)
          : await this.#artifacts.checkpoint("policy", round, stages);
        const make = role === "policy" ? stages.trainPolicy : stages.trainPpm;
        const made = await make.call(stages, { ...request, data, base });
        await this.#artifacts.keepCheckpoint(role, round, { made, parents: [data, base] });
      },
    });
  }

  #evaluate(record: RoundRecord): Promise<void> {
    const { stages } = this.#options;
    const { round } = record;
    return this.#stage("evaluate", record, {
      isDone: record.isDone(this.#evaluationHash),
      work: async (request) => {
        const policy = await this.#artifacts.checkpoint("policy", round, stages);
        const ppm = round === 0 ? null : await this.#artifacts.checkpoint("ppm", round, stages);
        const evaluations = await stages.evaluate({ ...request, policy, ppm });
        record.note({ evaluation: this.#evaluationHash, evaluations });
      },
    });
  }
}

const NONE: ReadonlySet<string> = new Set();

function without(ids: readonly string[], left: ReadonlySet<string>): readonly string[] {
  return ids.filter((id) => !left.has(id));
}
