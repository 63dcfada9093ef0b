import { unknownParent } from "./_artifacts.ts";
import { settle } from "./_settle.ts";
import type { ArtifactInfo, ArtifactStore, MetricPoint, RoundInfo } from "./artifact_store.ts";

/** Whether what belongs to this round of this run is to be forgotten. */
export type IsForgotten = (
  of: { readonly runNo: number | null; readonly roundNo: number | null },
) => boolean;

/** Artifacts and rounds in memory. */
export interface MemoryArtifacts {
  readonly store: ArtifactStore;
  /** An artifact that stays and was made from one that goes. */
  readonly derivedFrom: (goes: IsForgotten) => ArtifactInfo | undefined;
  /** Drops what goes. */
  readonly forget: (goes: IsForgotten) => void;
}

/** No artifacts and no rounds yet. */
export function memoryArtifacts(): MemoryArtifacts {
  const artifacts = new Map<number, ArtifactInfo>();
  const curves = new Map<number, readonly MetricPoint[]>();
  const rounds = new Map<string, RoundInfo>();
  const store: ArtifactStore = {
    addArtifact: ({ metrics = [], ...request }) =>
      settle(() => {
        for (const parent of request.parents) {
          if (!artifacts.has(parent)) throw unknownParent(parent);
        }
        const artifactId = Math.max(0, ...artifacts.keys()) + 1;
        artifacts.set(artifactId, { ...request, artifactId, madeAt: new Date() });
        curves.set(artifactId, metrics);
        return artifactId;
      }),
    artifacts: ({ runNo, roundNo, kind, role } = {}) =>
      settle(() =>
        [...artifacts.values()].filter((artifact) =>
          (runNo === undefined || artifact.runNo === runNo) &&
          (roundNo === undefined || artifact.roundNo === roundNo) &&
          (kind === undefined || artifact.kind === kind) &&
          (role === undefined || artifact.role === role)
        )
      ),
    metrics: (artifactId) =>
      settle(() =>
        (curves.get(artifactId) ?? []).toSorted((a, b) =>
          a.name === b.name ? a.step - b.step : a.name < b.name ? -1 : 1
        )
      ),
    putRound: (round) => settle(() => void rounds.set(`${round.runNo}/${round.roundNo}`, round)),
    rounds: (runNo) =>
      settle(() =>
        [...rounds.values()].filter((round) => round.runNo === runNo)
          .sort((a, b) => a.roundNo - b.roundNo)
      ),
  };
  return {
    store,
    derivedFrom: (goes) =>
      [...artifacts.values()].find((artifact) =>
        !goes(artifact) && artifact.parents.some((id) => {
          const parent = artifacts.get(id);
          return parent !== undefined && goes(parent);
        })
      ),
    forget: (goes) => {
      for (const [id, artifact] of artifacts) {
        if (!goes(artifact)) continue;
        artifacts.delete(id);
        curves.delete(id);
      }
      for (const [key, round] of rounds) if (goes(round)) rounds.delete(key);
    },
  };
}
