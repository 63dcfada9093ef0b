import { pick, type Random } from "../../lib/core/mod.ts";

/** Ways to kill the processes of a run. */
export const KILLS = [
  /** SIGKILL of the harness. */
  "harness",
  /** SIGTERM: it finishes what is open. */
  "terminate",
  /** SIGINT twice: it stops now. */
  "interrupt_twice",
  /** SIGKILL of the endpoint, which comes back after some more requests. */
  "endpoint",
  /** SIGKILL of a process of the sandbox: a worker, or a step. */
  "sandbox",
] as const;

/** Way to kill the processes of a run. */
export type Kill = typeof KILLS[number];

/** A kill at the moment when a run has sent so many requests. */
export interface PlannedKill {
  readonly kill: Kill;
  readonly atRequest: number;
}

/** Kills that the harness survives come first; one that it does not ends the run. */
export function planKills(random: Random): readonly PlannedKill[] {
  const survived = Array.from(
    { length: Math.floor(random() * 4) },
    () => pick(random, ["endpoint", "sandbox", "sandbox"] as const),
  );
  const last = pick<Kill>(random, [
    ...["harness", "harness", "harness", "harness"] as const,
    ...["terminate", "interrupt_twice"] as const,
  ]);
  let atRequest = 0;
  return [...survived, last].map((kill) => {
    atRequest += 1 + Math.floor(random() ** 2 * 90);
    return { kill, atRequest };
  });
}
