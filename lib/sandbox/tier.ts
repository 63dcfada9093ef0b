import { openFilesFault, SandboxUnavailableError, UsageError } from "../core/mod.ts";
import type { LaunchPlan, TierPlan } from "./messages.ts";
import type { SandboxTier } from "./sandbox.ts";

/** The sentence that a user must write to run model-written code without confinement. */
export const UNSAFE_PHRASE = "I-understand-model-code-runs-as-me";

/** A wish to run without confinement, with the facts that decide whether it is granted; the caller reads the environment. */
export interface UnsafeRequest {
  /** Text that the user wrote after `--unsafe-no-sandbox=`. */
  readonly phrase: string;
  /** Whether this process runs as root. */
  readonly isRoot: boolean;
  /** Whether this is a continuous-integration job. */
  readonly isContinuousIntegration: boolean;
}

/** A tier that works. */
export type WorkingTier = Extract<TierPlan, { works: true }>;

/** Warning at the start and at the end of a run without confinement. */
export const UNSAFE_WARNING =
  "WARNING: model-written code runs without confinement, with all your rights: it can read, change and send your files";

/**
 * Refuses systems on which confinement was never possible.
 *
 * @param os `Deno.build.os`.
 * @throws {SandboxUnavailableError} If it is not Linux.
 */
export function checkHost(os: string): void {
  if (os === "linux") return;
  throw new SandboxUnavailableError(
    `Cannot confine model-written code on "${os}": expected Linux 5.13 or later with seccomp and Landlock; ` +
      "run the command in a Linux container or virtual machine (for instance `docker run -it --rm -v " +
      '"$PWD":/rstar -w /rstar denoland/deno:debian bash`, with python3-venv installed in it)',
  );
}

/**
 * Grants or refuses to run without confinement.
 *
 * @throws {UsageError} If the phrase is not the one that names the danger, or the process is root's or a CI job's.
 */
export function checkUnsafe(request: UnsafeRequest): void {
  const refuse = (reason: string) =>
    new UsageError(`Cannot run model-written code without confinement: ${reason}`);
  if (request.phrase !== UNSAFE_PHRASE) {
    throw refuse(
      `expected --unsafe-no-sandbox=${UNSAFE_PHRASE}, got "${request.phrase}"`,
    );
  }
  if (request.isRoot) throw refuse("this process runs as root; run it as an ordinary user");
  if (request.isContinuousIntegration) {
    throw refuse("this is a continuous-integration job; use a runner on which tier A or B works");
  }
}

/**
 * The tier that the launcher chose.
 *
 * @throws {SandboxUnavailableError} If none works; the message has cause and cure for each one that was tried.
 */
export function chosenTier(plan: LaunchPlan): WorkingTier {
  for (const tier of plan.tiers) {
    if (tier.tier === plan.chosen && tier.works) return tier;
  }
  throw new SandboxUnavailableError(refusal(plan.tiers));
}

/** One line about a tier for people. */
export function describeTier(tier: TierPlan): string {
  if (tier.works) return `Tier ${tier.tier}: ${tier.description}`;
  return `Tier ${tier.tier} does not work here: ${tier.message} (${tier.cause}); ${tier.cure}`;
}

/** Lines that the user is told when a sandbox starts: why no better tier than this one, and what confines steps now. */
export function startNotices(plan: LaunchPlan, chosen: WorkingTier): readonly string[] {
  if (chosen.tier === "none") return [UNSAFE_WARNING];
  const refused = plan.tiers.filter((tier) => !tier.works);
  return [...refused, chosen].map((tier) => `Sandbox: ${describeTier(tier)}`);
}

/** Gaps that every tier leaves. */
const HELD_BY_NONE = [
  "a fault of the kernel itself gets a step out; a virtual machine around everything is the remedy",
  "steps can measure time and share the processor's caches",
  "memory is limited for each step, not for all together",
] as const;

/** Further gaps that a tier leaves: things that a step can do there. */
const NOT_HELD: Readonly<Record<SandboxTier, readonly string[]>> = {
  A: [],
  B: [
    "a step can ask whether a file or a process exists, and its size and date (never what is in it)",
    "stopped processes of steps stay behind when the supervisor is killed together with the command",
  ],
  C: [
    "a step can read /proc of the sandbox (its processes, the machine's memory and load) and the supervisor's sources",
    "files are hidden from steps by mounts alone",
  ],
  none: [UNSAFE_WARNING],
  stub: [],
};

/** Gaps of a tier, in plain words: what a step can do or cause, the tier's own first; docs/security.md has the whole table. */
export function notConfined(tier: SandboxTier): readonly string[] {
  return tier === "none" ? NOT_HELD.none : [...NOT_HELD[tier], ...HELD_BY_NONE];
}

/** Names of the tiers that confine, best first. */
export const CONFINING_TIERS: readonly SandboxTier[] = ["A", "B", "C"];

function refusal(tiers: readonly TierPlan[]): string {
  const reasons = tiers.flatMap((tier) => tier.works ? [] : [describeTier(tier)]).join(". ");
  // No tier is to blame for it, and one cure helps all.
  const what = openFilesFault(reasons) ?? (reasons === "" ? "no tier was tried" : reasons);
  return `Cannot confine model-written code on this machine: ${what}`;
}
