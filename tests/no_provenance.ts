import type { Provenance } from "../lib/store/mod.ts";

/** The provenance of a run that a test puts into a store: nothing was run. */
export const NO_PROVENANCE: Provenance = {
  config: null,
  codeRev: null,
  sandboxTier: null,
  packages: {},
  models: null,
  seed: 0,
};
