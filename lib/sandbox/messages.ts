/** Every message of PROTOCOL.md as a schema. Both Python programs are trusted, and checked all the same: a fault shows here. */
import { z } from "zod";
import { EXECUTION_STATUSES } from "../core/mod.ts";
import { SANDBOX_TIERS } from "./sandbox.ts";

const Count = z.number().int().nonnegative();
const Tier = z.enum(SANDBOX_TIERS).exclude(["stub"]);

/** Why confinement does not work: a word for programs, what happened, and what to do about it. */
export const Refusal = z.strictObject({ cause: z.string(), message: z.string(), cure: z.string() });

/** Why confinement does not work. */
export type Refusal = z.infer<typeof Refusal>;

/** One probe of a tier: a real snippet and whether it was held. */
export const TierCheck = z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string() });

/** One probe of a tier. */
export type TierCheck = z.infer<typeof TierCheck>;

const TierFields = z.strictObject({
  tier: Tier,
  description: z.string(),
  checks: z.array(TierCheck),
});

/** A tier that was tried: either with the command that starts a worker, or with the reason why there is none. */
export const TierPlan = z.discriminatedUnion("works", [
  z.strictObject({
    ...TierFields.shape,
    works: z.literal(true),
    command: z.array(z.string()).min(1),
    cause: z.null(),
    message: z.null(),
    cure: z.null(),
  }),
  z.strictObject({
    ...TierFields.shape,
    ...Refusal.shape,
    works: z.literal(false),
    command: z.null(),
  }),
]);

/** A tier that was tried. */
export type TierPlan = z.infer<typeof TierPlan>;

/** Findings of the launcher about this host and this interpreter. */
export const LaunchPlan = z.strictObject({
  protocol: z.literal(1),
  python: z.strictObject({
    version: z.string(),
    executable: z.string(),
    machine: z.string(),
    kernel: z.string(),
  }),
  packages: z.record(z.string(), z.string()),
  chosen: Tier.nullable(),
  environment: z.record(z.string(), z.string()),
  tiers: z.array(TierPlan),
});

/** Findings of the launcher about this host and this interpreter. */
export type LaunchPlan = z.infer<typeof LaunchPlan>;

/** Answer of the launcher. */
export const LaunchReply = z.union([
  LaunchPlan,
  z.strictObject({ protocol: z.literal(1), error: Refusal }),
]);

/** Answer of the launcher. */
export type LaunchReply = z.infer<typeof LaunchReply>;

/** First frame of a worker that can run steps. */
export const Ready = z.strictObject({
  op: z.literal("ready"),
  protocol: z.literal(1),
  tier: Tier,
  pid: Count,
  uid: Count,
  capabilities: Count.nullable(),
  no_new_privs: z.boolean(),
  landlock_abi: Count,
  seccomp: z.enum(["notify", "off"]),
  namespaces: z.boolean(),
  max_states: Count,
  python: z.string(),
  modules: z.array(z.string()),
  preload: z.string().nullable(),
  zygote_rss_bytes: Count,
  fork_us: Count,
  startup_ms: Count,
});

/** First frame of a worker that can run steps. */
export type Ready = z.infer<typeof Ready>;

/** Last frame of a worker that gives up. */
export const Fatal = z.strictObject({
  op: z.literal("fatal"),
  cause: z.string(),
  message: z.string(),
});

/** How a run can end: as an outcome, or without one because of what the worker did. */
export const RUN_STATUSES = [
  ...EXECUTION_STATUSES,
  "alone",
  "evicted",
  "replay_failed",
  "cancelled",
  "host_failed",
] as const;

/** Result of running a step, as the worker reports it. */
export const RunReply = z.strictObject({
  op: z.literal("result"),
  id: Count,
  status: z.enum(RUN_STATUSES),
  stdout: z.string(),
  value: z.string().nullable(),
  error: z.strictObject({
    type: z.string().max(200),
    message: z.string().max(2_000),
    line: z.number().int().positive().nullable(),
    at: Count.nullable().optional(),
  }).nullable(),
  wall_us: Count,
  cpu_us: Count,
  code_us: Count,
  memory_bytes: Count,
  kept: z.boolean(),
});

/** Result of running a step, as the worker reports it. */
export type RunReply = z.infer<typeof RunReply>;

/** Counters of one worker. */
export const StatReply = z.strictObject({
  op: z.literal("stat"),
  id: Count,
  live_states: Count,
  running: Count,
  processes: Count,
  open_fds: Count,
  rss_bytes: Count,
  memory_available_bytes: Count,
  steps: Count,
  evicted: Count,
  killed: Count,
  swept: Count,
  forks_denied: Count,
});

/** Counters of one worker. */
export type StatReply = z.infer<typeof StatReply>;

/** Everything that a worker sends. */
export const WorkerMessage = z.discriminatedUnion("op", [Ready, Fatal, RunReply, StatReply]);

/** A step to run. */
export interface RunRequest {
  /** Id of a live state; 0 is the root. */
  readonly parent: number;
  /** Codes to replay after the parent's state, before the step. */
  readonly prefix: readonly string[];
  readonly code: string;
  readonly keep: boolean;
}

/** Candidates of one node, to be run one after another in one process. */
export interface BatchRequest {
  /** Codes from the root to the node; run anew for each candidate. */
  readonly prefix: readonly string[];
  readonly codes: readonly string[];
}

/** Request to a worker; the connection gives out the ids. */
export type WorkerRequest =
  | ({ readonly op: "run"; readonly id: number } & RunRequest)
  | ({ readonly op: "batch"; readonly id: number } & BatchRequest)
  | { readonly op: "release"; readonly ids: readonly number[] }
  | { readonly op: "stat"; readonly id: number };
