import { z } from "zod";
import { ConfigError } from "../core/mod.ts";

/** Settings of a command that have another name by now: from the old one to what is written in its place. */
export type Renamed = Readonly<Record<string, RenamedSetting>>;

/** Name that a setting has by now. */
export interface RenamedSetting {
  readonly key: string;
  /** How it is written on a command line, where that is not the flag of the key alone. */
  readonly flag?: string;
}

/** Settings of a schema that have another name by now. */
export function renamedSettings(schema: z.ZodObject): Renamed {
  const { renamed } = schema.meta() ?? {};
  return (renamed ?? {}) as Renamed;
}

/**
 * Error for a setting under its old name.
 *
 * @param place Where it stands, e.g. `flag --checkpoint`.
 * @param now Name that it has by now, as it is written there.
 */
export function renamedError(place: string, now: string): ConfigError {
  return new ConfigError(`Cannot use ${place}: it is called ${now} now`);
}
