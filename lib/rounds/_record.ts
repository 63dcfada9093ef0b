import { StoreError } from "../core/mod.ts";
import type { ArtifactStore, RoundInfo } from "../store/artifact_store.ts";
import { RoundParams } from "./round_params.ts";
import type { RoundSchedule } from "./schedule.ts";
import { isPast, parseState, type RoundState, type Stage, stateAfter } from "./stage.ts";
import type { RoundModels } from "./stages.ts";

/** The row of a round, written after every stage. */
export class RoundRecord {
  readonly #store: ArtifactStore;
  #info: RoundInfo;
  #params: RoundParams;
  #state: RoundState;

  private constructor(store: ArtifactStore, info: RoundInfo, state: RoundState) {
    this.#store = store;
    this.#info = info;
    this.#params = RoundParams.parse(info.params);
    this.#state = state;
  }

  /** The stored row, or a new one, which is not written before the first stage ends. */
  static async open(
    store: ArtifactStore,
    place: {
      readonly runNo: number;
      readonly round: number;
      /** `null` for the base, of which nothing but the evaluation is done. */
      readonly schedule: RoundSchedule | null;
    },
  ): Promise<RoundRecord> {
    const { runNo, round, schedule } = place;
    const stored = (await store.rounds(runNo)).find(({ roundNo }) => roundNo === round);
    const info = stored ?? {
      runNo,
      roundNo: round,
      policy: null,
      ppm: null,
      params: emptyParams(schedule),
      state: schedule === null ? "evaluate" : "search",
    };
    const state = parseState(info.state);
    if (state === null) {
      throw new StoreError(
        `Cannot go on with round ${round}: its stored state is "${info.state}", which no version of this ` +
          "program that can read this file writes",
      );
    }
    return new RoundRecord(store, info, state);
  }

  get round(): number {
    return this.#info.roundNo;
  }

  get state(): RoundState {
    return this.#state;
  }

  /** Problems that the round's search was to grow trees for. */
  get searched(): number {
    return this.#params.problems - this.#params.leftAlone;
  }

  /** Problems that the round's search left alone because they were easy. */
  get leftAlone(): number {
    return this.#params.leftAlone;
  }

  /** Whether nothing is left, the evaluation with this hash included. */
  isDone(evaluation: string): boolean {
    return this.#state === "done" && this.#params.evaluation === evaluation;
  }

  /** Keeps which models search uses. A round that searches nothing uses none. */
  async useModels({ policy, ppm }: RoundModels): Promise<void> {
    this.#info = {
      ...this.#info,
      policy: policy.sha256 ?? policy.location,
      ppm: ppm === null ? null : ppm.sha256 ?? ppm.location,
    };
    await this.#write();
  }

  /** Notes something that is written when the stage ends. */
  note(params: Partial<RoundParams>): void {
    this.#params = { ...this.#params, ...params };
  }

  /** Writes that a stage is done. A stage that is done again (a further evaluation) never takes the round back. */
  async finish(stage: Stage, { seconds }: { readonly seconds: number }): Promise<void> {
    this.note({ seconds: { ...this.#params.seconds, [stage]: seconds } });
    if (!isPast(this.#state, stage)) this.#state = stateAfter(stage);
    await this.#write();
  }

  async #write(): Promise<void> {
    await this.#store.putRound({ ...this.#info, params: this.#params, state: this.#state });
  }
}

function emptyParams(schedule: RoundSchedule | null): RoundParams {
  return {
    preset: schedule?.preset ?? null,
    usesPpm: schedule?.usesPpm ?? false,
    problems: schedule?.problemIds.length ?? 0,
    leftAlone: 0,
    undone: 0,
    seconds: {},
    evaluation: null,
    evaluations: [],
  };
}
