import { UsageError } from "../core/mod.ts";
import type { ArtifactInfo, ArtifactStore } from "../store/artifact_store.ts";
import type { RoundsPlan } from "./rounds_plan.ts";
import { stageOf } from "./stage_of.ts";
import type { MadeArtifact, RoundStages } from "./stages.ts";

/** Role of a checkpoint of a run; `bootstrap` is the model that searches in round 1 in place of the base. */
export type CheckpointRole = "policy" | "ppm" | "bootstrap";

/** Maker of an artifact: the stage, or the role of a checkpoint that was there before. */
type MadeBy = CheckpointRole | "sft" | "pairs";

/** Artifacts that the rounds of a run made, by kind and round, with lineage: checkpoint ← file ← checkpoints whose trees it holds. */
export class RoundArtifacts {
  readonly #store: ArtifactStore;
  readonly #plan: RoundsPlan;

  constructor(store: ArtifactStore, plan: RoundsPlan) {
    this.#store = store;
    this.#plan = plan;
  }

  /**
   * Finds what a stage of a round made; `null` while it is not done. Others may keep artifacts of a round as well (`deno task export`):
   * ours say which stage made them.
   */
  async find(stage: MadeBy, round: number): Promise<ArtifactInfo | null> {
    const { runNo } = this.#plan;
    const ofRound = await this.#store.artifacts({ runNo, roundNo: round });
    return ofRound.findLast((artifact) => stageOf(artifact) === stage) ?? null;
  }

  /** @throws {UsageError} If the round has no such checkpoint, or its folder is gone. */
  async checkpoint(
    role: CheckpointRole,
    round: number,
    stages: RoundStages,
  ): Promise<ArtifactInfo> {
    return required(await this.find(role, round), `${role} checkpoint`, {
      round,
      stages,
    });
  }

  /** @throws {UsageError} If the round has no such file, or its folder is gone. */
  async file(kind: "sft" | "pairs", round: number, stages: RoundStages): Promise<ArtifactInfo> {
    return required(await this.find(kind, round), `${kind} file`, { round, stages });
  }

  /** Returns the policy that a round searches with. */
  searchPolicy(round: number, stages: RoundStages): Promise<ArtifactInfo> {
    return this.checkpoint(this.#searchRole(round), round - 1, stages);
  }

  #searchRole(round: number): CheckpointRole {
    return round === 1 && this.#plan.bootstrap !== undefined ? "bootstrap" : "policy";
  }

  /** Keeps the base as the policy of round 0, and the bootstrap model beside it, once. */
  async keepBase(): Promise<void> {
    const { base, bootstrap } = this.#plan;
    for (const [role, made] of [["policy", base], ["bootstrap", bootstrap]] as const) {
      if (made === undefined || await this.find(role, 0) !== null) continue;
      await this.keepCheckpoint(role, 0, { made, parents: [] });
    }
  }

  async keepCheckpoint(
    role: CheckpointRole,
    round: number,
    { made, parents }: {
      readonly made: MadeArtifact;
      readonly parents: readonly ArtifactInfo[];
    },
  ): Promise<void> {
    await this.#store.addArtifact({
      kind: "checkpoint",
      runNo: this.#plan.runNo,
      roundNo: round,
      role,
      location: made.location,
      sha256: made.sha256,
      rows: null,
      meta: { ...made.meta, stage: role },
      parents: parents.map(({ artifactId }) => artifactId),
      metrics: made.metrics ?? [],
    });
  }

  async keepFile(kind: "sft" | "pairs", round: number, made: MadeArtifact): Promise<void> {
    await this.#store.addArtifact({
      kind,
      runNo: this.#plan.runNo,
      roundNo: round,
      role: kind === "sft" ? "policy" : "ppm",
      location: made.location,
      sha256: made.sha256,
      rows: made.rows,
      meta: { ...made.meta, stage: kind },
      parents: await this.#searchersOf(upTo(round)),
    });
  }

  /** Checkpoints that grew the trees of these rounds. One that had nothing to search, as its row says, has none. */
  async #searchersOf(rounds: readonly number[]): Promise<readonly number[]> {
    const ids = new Set<number>();
    const rows = await this.#store.rounds(this.#plan.runNo);
    for (const round of rounds) {
      if (rows.find(({ roundNo }) => roundNo === round)?.policy === null) continue;
      const policy = await this.find(this.#searchRole(round), round - 1);
      if (policy !== null) ids.add(policy.artifactId);
      if (this.#plan.schedules[round - 1]?.usesPpm !== true) continue;
      const ppm = await this.find("ppm", round - 1);
      if (ppm !== null) ids.add(ppm.artifactId);
    }
    return [...ids];
  }
}

async function required(
  artifact: ArtifactInfo | null,
  what: string,
  { round, stages }: { readonly round: number; readonly stages: RoundStages },
): Promise<ArtifactInfo> {
  if (artifact === null) {
    throw new UsageError(
      `Cannot go on: round ${round} has no ${what} yet; begin with an earlier round`,
    );
  }
  if (await stages.isThere(artifact)) return artifact;
  const again = round === 0
    ? ""
    : ` forget the round and what came after it (deno task runs delete NAME --from-round ${round}),`;
  throw new UsageError(
    `Cannot go on: the ${what} of round ${round} is no longer at "${artifact.location}"; ` +
      `restore it,${again} or start over beside this run with --new-run`,
  );
}

function upTo(round: number): readonly number[] {
  return Array.from({ length: round }, (_, index) => index + 1);
}
