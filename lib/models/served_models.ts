import type { InfrastructureError, PpmCalibration, ReplyStore } from "../core/mod.ts";
import {
  type EndpointPool,
  openFileReplyStore,
  type Policy,
  type Ppm,
  type RecorderMode,
  scriptedPolicy,
  scriptedPpm,
} from "../endpoint/mod.ts";

/** Names under which the embedded engine serves its models. */
export const ENGINE_NAMES = { policy: "policy", ppm: "ppm" } as const;

/** Models that answer. */
export interface ServedModels {
  readonly policy: Policy;
  /** `null` where none was asked for. */
  readonly ppm: Ppm | null;
  /** Queues to show and to fill; `null` when replies come from a recording. */
  readonly policyPool: EndpointPool | null;
  readonly ppmPool: EndpointPool | null;
  /** Settles when what serves them dies; never where nothing of ours does. */
  readonly died: Promise<InfrastructureError>;
}

/** Promise that stays pending for ever: whatever serves the models is not ours, or nothing serves them. */
export const NEVER_DIES: Promise<InfrastructureError> = new Promise(() => {});

/**
 * Stands in for the models of a recording: it is never asked.
 *
 * @param calibration Scale of the PPM; `null` without one.
 */
export function unaskedModels(calibration: PpmCalibration | null): ServedModels {
  return {
    policy: scriptedPolicy([]),
    ppm: calibration === null ? null : { ...scriptedPpm(() => 0), calibration },
    policyPool: null,
    ppmPool: null,
    died: NEVER_DIES,
  };
}

/** Replies that are kept, or come from what was kept. */
export interface OpenReplies {
  readonly store: ReplyStore & AsyncDisposable;
  readonly mode: RecorderMode;
}

/**
 * Opens the recording that a configuration names; `null` where it names none.
 *
 * @throws {InfrastructureError} If it cannot be read.
 */
export async function openReplies(
  { record, replay }: {
    readonly record?: string | undefined;
    readonly replay?: string | undefined;
  },
): Promise<OpenReplies | null> {
  if (replay !== undefined) {
    return { store: await openFileReplyStore(replay, { mode: "read" }), mode: "replay" };
  }
  if (record === undefined) return null;
  return { store: await openFileReplyStore(record, { mode: "append" }), mode: "record" };
}
