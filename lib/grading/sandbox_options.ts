import { fileURLToPath } from "node:url";

/** The sandbox that {@linkcode openGrader} needs: what its workers have loaded, and what one batch of pairs may use. */
export const GRADING_SANDBOX = {
  profile: {
    preload: fileURLToPath(new URL("./worker/grading_entry.py", import.meta.url)),
  },
  limits: {
    wallMs: 10_000,
    // The worker ends a pair after one to two seconds (`pair_clock.py`); this is for what it cannot interrupt.
    cpuMs: 2_500,
    // Sixteen results with two values of seventy digits each.
    keptOutputBytes: 16 * 1024,
  },
} as const;
