import { type AblateConfig, type AblateSizes, ablateSizes } from "../../config/mod.ts";

/** Settings of an ablation, whichever command asks for it: its source, its sizes, and how its models are served and trained. */
export interface AblateSettings extends
  Pick<
    AblateConfig,
    | "db"
    | "run"
    | "round"
    | "base"
    | "suite"
    | "trainer"
    | "hooks"
    | "prices"
    | "concurrency"
    | "requestTimeout"
    | "requests"
    | "torch"
    | "workers"
    | "unsafeNoSandbox"
    | "quiet"
  > {
  readonly sizes: AblateSizes;
  /** Run in the control world with the suite that it is measured on; `null` without one. */
  readonly control: { readonly run: string; readonly suite: string } | null;
}

/** Settings of `ablate` itself. */
export function ablateSettings(config: AblateConfig): AblateSettings {
  const { control: run, controlSuite: suite } = config;
  return {
    ...config,
    sizes: ablateSizes(config),
    control: run === undefined ? null : { run, suite },
  };
}
