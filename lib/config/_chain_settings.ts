import { EvolveConfig } from "./evolve_config.ts";
import { serveSettings } from "./serve_settings.ts";

const {
  trainer,
  hooks,
  db,
  workers,
  unsafeNoSandbox,
  dryRun,
  json,
  quiet,
} = EvolveConfig.shape;

/** Settings that mean the same for `evolve` and for what is made of its rounds, `ablate` and `science`. */
export const chainSettings = {
  trainer,
  hooks,
  ...serveSettings,
  db,
  workers,
  unsafeNoSandbox,
  dryRun,
  json,
  quiet,
};
