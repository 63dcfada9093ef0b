/** Made from the schemas by `deno task init --path-settings`; a test compares. */
import type { PathFields } from "./path_use.ts";

// deno-fmt-ignore
/** Settings that name files or folders, by command. The launcher reads them: loading the schemas would take longer than all else it does. */
export const PATH_SETTINGS: Readonly<Record<string, PathFields>> = {
  synth: {
    read: [
      "problems",
      "policy",
      "ppm",
      "replay",
    ],
    write: [
      "db",
      "record",
    ],
  },
  evolve: {
    read: [
      "problems",
      "base",
      "bootstrap",
      "trainer.accelerate",
      "suites",
      "replay",
    ],
    write: [
      "db",
      "record",
    ],
  },
  eval: {
    read: [
      "suite",
      "policy",
      "ppm",
      "base",
      "replay",
    ],
    write: [
      "db",
      "record",
      "csv",
      "markdown",
      "html",
    ],
  },
  ablate: {
    read: [
      "base",
      "suite",
      "controlSuite",
      "trainer.accelerate",
    ],
    write: [
      "db",
    ],
  },
  science: {
    read: [
      "suite",
      "evolve.problems",
      "evolve.base",
      "evolve.bootstrap",
      "evolve.trainer.accelerate",
      "evolve.suites",
      "evolve.replay",
      "trainer.accelerate",
    ],
    write: [
      "evolve.db",
      "evolve.record",
      "out",
      "db",
    ],
  },
};
