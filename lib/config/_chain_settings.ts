import { EvolveConfig } from "./evolve_config.ts";

const {
  trainer,
  hooks,
  prices,
  db,
  concurrency,
  requestTimeout,
  workers,
  torch,
  unsafeNoSandbox,
  dryRun,
  json,
  quiet,
} = EvolveConfig.shape;

/** Settings that mean the same for `evolve` and for what is made of its rounds, `ablate` and `science`. */
export const chainSettings = {
  trainer,
  hooks,
  prices,
  db,
  concurrency,
  requestTimeout,
  workers,
  torch,
  unsafeNoSandbox,
  dryRun,
  json,
  quiet,
};
